"""FAISS's binary indexes on the codes in a folder, one thread: run by `compare rivals --python`, see README.md."""

import sys
import time
from pathlib import Path

import faiss
import numpy as np

FOLDER, LENGTHS = Path(sys.argv[1]), sys.argv[2:]
NEAREST = (16, 64)


def indexes(codes):
    """Each index with the settings to try, as (name, function that searches)."""
    flat = faiss.IndexBinaryFlat(64)
    flat.add(codes)
    for k in NEAREST:
        yield f"FAISS IndexBinaryFlat, {k} nearest", lambda q, k=k: flat.search(q, k)
    del flat
    for count, bits in ((4, 16), (3, 20)):
        multi = faiss.IndexBinaryMultiHash(64, count, bits)
        multi.add(codes)
        for flips in (0, 1, 2):
            multi.nflip = flips
            name = f"FAISS IndexBinaryMultiHash, {count} × {bits} bits, {flips} flips, 16 nearest"
            yield name, lambda q: multi.search(q, 16)
        del multi
    graph = faiss.IndexBinaryHNSW(64, 16)
    graph.add(codes)
    for effort in (4, 16, 64):
        graph.hnsw.efSearch = effort
        k = min(effort, 16)
        yield f"FAISS IndexBinaryHNSW, M = 16, efSearch = {effort}, {k} nearest", lambda q, k=k: graph.search(q, k)


def queries(length):
    """Codes of each query's words."""
    numbers = np.fromfile(FOLDER / f"queries-{length}", dtype="<u8")
    at = 0
    while at < len(numbers):
        count = int(numbers[at])
        yield numbers[at + 1 : at + 1 + count].view(np.uint8).reshape(count, 8)
        at += 1 + count


def main():
    faiss.omp_set_num_threads(1)
    codes = np.fromfile(FOLDER / "codes", dtype="<u8").view(np.uint8).reshape(-1, 8)
    asked = {length: list(queries(length)) for length in LENGTHS}
    done, number = [], 0
    for name, search in indexes(codes):
        for length in LENGTHS:
            parts = []
            for query in asked[length]:
                begin = time.thread_time()
                distances, found = search(query)
                micros = round((time.thread_time() - begin) * 1e6)
                parts.append(np.array([micros], dtype="<u4"))
                for bits, ids in zip(distances, found):
                    there = ids >= 0
                    pairs = np.stack([ids[there], bits[there]], axis=1).astype("<u4")
                    parts += [np.array([len(pairs)], dtype="<u4"), pairs.ravel()]
            np.concatenate(parts or [np.zeros(0, "<u4")]).tofile(FOLDER / f"hits-{number}")
            done.append(f"{length} hits-{number} {name}")
            number += 1
    (FOLDER / "done").write_text("\n".join(done) + "\n")


main()

//! The typefaces: which Debian packages, which families train and which only test.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use swash::{CacheKey, FontRef};

use crate::rng::Rng;

/// Debian packages whose faces are used.
pub const PACKAGES: &[&str] = &[
    "fonts-adf-accanthis",
    "fonts-adf-baskervald",
    "fonts-adf-berenis",
    "fonts-adf-gillius",
    "fonts-adf-ikarius",
    "fonts-adf-irianis",
    "fonts-adf-libris",
    "fonts-adf-mekanus",
    "fonts-adf-romande",
    "fonts-adf-switzera",
    "fonts-adf-tribun",
    "fonts-adf-universalis",
    "fonts-adf-verana",
    "fonts-agave",
    "fonts-allerta",
    "fonts-anonymous-pro",
    "fonts-arapey",
    "fonts-arkpandora",
    "fonts-averia-sans-gwf",
    "fonts-averia-serif-gwf",
    "fonts-b612",
    "fonts-cabin",
    "fonts-cantarell",
    "fonts-clear-sans",
    "fonts-cmu",
    "fonts-comfortaa",
    "fonts-comic-neue",
    "fonts-courier-prime",
    "fonts-croscore",
    "fonts-crosextra-caladea",
    "fonts-crosextra-carlito",
    "fonts-dejavu",
    "fonts-dosis",
    "fonts-ebgaramond",
    "fonts-elstob",
    "fonts-fantasque-sans",
    "fonts-firacode",
    "fonts-freefont-ttf",
    "fonts-georgewilliams",
    "fonts-gfs-artemisia",
    "fonts-gfs-didot",
    "fonts-gfs-neohellenic",
    "fonts-go",
    "fonts-goudybookletter",
    "fonts-hack",
    "fonts-hermit",
    "fonts-inconsolata",
    "fonts-inter",
    "fonts-jetbrains-mono",
    "fonts-junction",
    "fonts-junicode",
    "fonts-jura",
    "fonts-karla",
    "fonts-karmilla",
    "fonts-lato",
    "fonts-league-mono",
    "fonts-liberation",
    "fonts-lindenhill",
    "fonts-linex",
    "fonts-linuxlibertine",
    "fonts-lmodern",
    "fonts-manrope",
    "fonts-monoid",
    "fonts-mononoki",
    "fonts-national-park",
    "fonts-noto-core",
    "fonts-oldstandard",
    "fonts-open-sans",
    "fonts-opendin",
    "fonts-opendyslexic",
    "fonts-oxygen",
    "fonts-paratype",
    "fonts-play",
    "fonts-prociono",
    "fonts-quattrocento",
    "fonts-quicksand",
    "fonts-roboto-unhinted",
    "fonts-routed-gothic",
    "fonts-sil-andika",
    "fonts-sil-charis",
    "fonts-sil-doulos",
    "fonts-sil-gentium",
    "fonts-sil-gentium-basic",
    "fonts-sora",
    "fonts-stix",
    "fonts-texgyre",
    "fonts-tiresias",
    "fonts-tuffy",
    "fonts-urw-base35",
    "fonts-vollkorn",
    "fonts-yanone-kaffeesatz",
    "fonts-yrsa-rasa",
];

/// Folders of those packages.
const ROOTS: &[&str] = &[
    "/usr/share/fonts/truetype",
    "/usr/share/fonts/opentype",
    "/usr/share/fonts/fonts-go",
    "/usr/share/texmf/fonts/opentype/public",
];

/// The held-out faces: no face of these families, nor of their near relatives, trains.
pub const TEST_FACES: &[(&str, &str)] = &[
    ("Roboto", "Roboto-Regular.ttf"),
    ("Inter", "Inter-Regular.otf"),
    ("Caladea", "Caladea-Regular.ttf"),
    ("Cantarell", "Cantarell-Regular.otf"),
    ("Libertine", "LinLibertine_R.otf"),
    ("Charis", "CharisSIL-Regular.ttf"),
    ("Clear", "ClearSans-Regular.ttf"),
    ("C059", "C059-Roman.otf"),
    ("JetBrains", "JetBrainsMono-Regular.ttf"),
    ("CourierPrime", "Courier Prime.otf"),
    ("Go", "Go-Regular.ttf"),
];

/// Training faces that also stand in for the catalogue of a text in the tables.
pub const CATALOGUE_FACES: &[(&str, &str)] = &[
    ("LibSans", "LiberationSans-Regular.ttf"),
    ("LibSerif", "LiberationSerif-Regular.ttf"),
    ("Carlito", "Carlito-Regular.ttf"),
];

/// Parts of file names (lower case) that keep a face out of training: held-out families and their relatives.
const HELD_OUT: &[&str] = &[
    "roboto",
    "inter-",
    "inter.",
    "interdisplay",
    "caladea",
    "cantarell",
    "libertin",
    "linbiolinum",
    "charis",
    "doulos",
    "clearsans",
    "c059",
    "schola",
    "jetbrains",
    "courierprime",
    "courier prime",
    "go-",
    "/fonts-go/",
];

/// Beginnings of file names of the families that screens show most, and their metric twins: two fifths of all training
/// lines.
const COMMON: &[&str] = &[
    "LiberationSans-",
    "LiberationSerif-",
    "LiberationMono-",
    "Arimo",
    "Tinos",
    "Cousine",
    "DejaVuSans",
    "DejaVuSerif",
    "OpenSans-",
    "NotoSans-",
    "NotoSerif-",
    "NotoSansMono-",
    "Lato-",
    "Carlito",
    "NimbusSans-",
    "NimbusRoman-",
    "NimbusMonoPS-",
    "texgyreheros-",
    "FreeSans",
    "PTS",
    "VeranaSans",
    "Oxygen",
    "FiraCode",
    "Hack-",
    "Inconsolata",
    "Karla-",
    "Manrope",
    "Cabin-",
    "Gentium",
    "EBGaramond",
    "Vollkorn",
    "P052",
    "URWBookman",
    "URWGothic",
    "Quicksand",
    "Verana-",
];

/// Parts of file names (lower case) of faces that are no text faces.
const UNFIT: &[&str] = &[
    "d050000",
    "standardsymbols",
    "z003",
    "chorus",
    "symbol",
    "math",
    "fallback",
    "icons",
    "smallcaps",
    "-sc",
    "smcp",
    "caps",
    "thin",
    "hairline",
    "black",
    "initials",
    "allsc",
    "stixint",
    "stixsiz",
    "stixnonuni",
    "stixvar",
    "braille",
    "keyboard",
    "wide",
    "heavy",
    "largeline",
    "variable",
    "tamil",
    "ornament",
    "tuffyinf",
    "stencil",
    "script",
    "title",
    "oldania",
    "lmmono10-italic.bak",
];

/// Families of the Noto package that are used: the others repeat their Latin.
const NOTO: &[&str] = &["NotoSans-", "NotoSerif-", "NotoSansMono-", "NotoSansDisplay-", "NotoSerifDisplay-"];

/// One face, read and measured.
pub struct Face {
    /// The file it came from.
    pub path: PathBuf,
    /// A short name.
    pub name: String,
    data: Vec<u8>,
    offset: u32,
    key: CacheKey,
    /// x-height over em.
    pub x_height: f32,
}

impl Face {
    /// Reads a face; an error if it is no text face (no Latin, odd proportions, capitals only).
    pub fn read(path: &Path, name: &str) -> Result<Self> {
        let data = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let font = FontRef::from_index(&data, 0).with_context(|| format!("{} is no font", path.display()))?;
        let (offset, key) = (font.offset, font.key);
        let map = font.charmap();
        ensure!((' '..='~').all(|c| map.map(c) != 0), "{} lacks basic Latin", path.display());
        let mut context = swash::scale::ScaleContext::new();
        let mut scaler = context.builder(font).size(1000.0).build();
        let mut height = |c: char| Some(scaler.scale_outline(map.map(c))?.bounds().max.y / 1000.0);
        let x_height = height('x').unwrap_or(0.0);
        let capital = height('X').unwrap_or(0.0);
        ensure!((0.3..0.7).contains(&x_height) && x_height < 0.93 * capital, "{} is no text face", path.display());
        Ok(Self { path: path.to_owned(), name: name.to_owned(), data, offset, key, x_height })
    }

    /// The face for `swash`.
    pub fn font(&self) -> FontRef<'_> {
        FontRef { data: &self.data, offset: self.offset, key: self.key }
    }
}

/// Faces to train with, by family.
pub struct Training {
    /// All faces.
    pub faces: Vec<Face>,
    common: Vec<usize>,
    families: Vec<Vec<usize>>,
}

impl Training {
    fn new(faces: Vec<Face>) -> Self {
        let common = |f: &Face| COMMON.iter().any(|c| f.name.starts_with(c));
        let mut families = std::collections::BTreeMap::<_, Vec<usize>>::new();
        for (i, face) in faces.iter().enumerate() {
            let start: String = face.name.chars().take(6).collect();
            families.entry((face.path.parent().map(Path::to_owned), start)).or_default().push(i);
        }
        Self {
            common: (0..faces.len()).filter(|&i| common(&faces[i])).collect(),
            families: families.into_values().collect(),
            faces,
        }
    }

    /// A face: two times in five a common one, else any family's, whatever its number of faces.
    pub fn pick(&self, rng: &mut Rng) -> &Face {
        let list = if rng.chance(0.4) && !self.common.is_empty() { &self.common } else { rng.pick(&self.families) };
        &self.faces[*rng.pick(list)]
    }
}

/// All faces.
pub struct Faces {
    /// Faces to train with.
    pub train: Training,
    /// Faces that only test, in the order of [`TEST_FACES`].
    pub test: Vec<Face>,
    /// Faces of the catalogue, in the order of [`CATALOGUE_FACES`].
    pub catalogue: Vec<Face>,
}

impl Faces {
    /// Finds the faces; names the packages that are missing.
    pub fn find() -> Result<Self> {
        let missing = missing_packages();
        if !missing.is_empty() {
            eprintln!("{} font packages are missing; results will differ. To install them:", missing.len());
            eprintln!("    apt-get install --no-install-recommends {}", missing.join(" "));
        }
        let mut paths = Vec::new();
        for root in ROOTS {
            walk(Path::new(root), &mut paths);
        }
        paths.sort();
        let named = |list: &[(&str, &str)]| -> Result<Vec<Face>> {
            let one = |(name, file): &(&str, &str)| {
                let path = paths.iter().find(|p| p.file_name().is_some_and(|f| f == *file));
                Face::read(path.with_context(|| format!("{file} is not installed"))?, name)
            };
            list.iter().map(one).collect()
        };
        let (test, catalogue) = (named(TEST_FACES)?, named(CATALOGUE_FACES)?);
        let mut train = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for path in &paths {
            let full = path.to_string_lossy().to_lowercase();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let noto = stem.starts_with("Noto") && !NOTO.iter().any(|n| stem.starts_with(n));
            let out = noto || HELD_OUT.iter().chain(UNFIT).any(|part| full.contains(part));
            if !out
                && seen.insert(stem.clone())
                && let Ok(face) = Face::read(path, &stem)
            {
                train.push(face);
            }
        }
        ensure!(train.len() >= 50, "only {} training faces found: install the font packages", train.len());
        Ok(Self { train: Training::new(train), test, catalogue })
    }
}

/// The packages of [`PACKAGES`] that `dpkg` does not know as installed (those without a file list).
fn missing_packages() -> Vec<&'static str> {
    let info = Path::new("/var/lib/dpkg/info");
    PACKAGES.iter().copied().filter(|p| !info.join(format!("{p}.list")).exists()).collect()
}

/// All `.ttf` and `.otf` files below `folder`; folders that cannot be read are passed over.
fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            walk(&path, out);
        } else if path.extension().is_some_and(|e| e == "ttf" || e == "otf") {
            out.push(path);
        }
    }
}

//! Makes cargo notice newly built assets, and a build without them possible.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let assets = Path::new("frontend/dist/assets");
    // The folder must be there for rust-embed; git ignores it.
    fs::create_dir_all(assets)?;
    println!("cargo:rerun-if-changed=service/build.rs");
    println!("cargo:rerun-if-changed=frontend/dist");
    if fs::read_dir(assets)?.next().is_none() {
        println!(
            "cargo:warning=frontend/dist is empty, so pages will be unstyled; run `npm ci && npm run build` in frontend/"
        );
    }
    Ok(())
}

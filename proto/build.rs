//! Generates the Rust types from the `.proto` files with protox, so that no `protoc` is needed.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    const FILES: [&str; 4] = [
        "emotionalchain/v1/biometrics.proto",
        "emotionalchain/v1/chain.proto",
        "emotionalchain/v1/consensus.proto",
        "emotionalchain/v1/network.proto",
    ];
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["."])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}

fn main() {
    let a: Vec<String> = std::env::args().collect();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(matchproof::load::bench(
        a[1].parse().unwrap(),
        a[2].parse().unwrap(),
        a[3].parse().unwrap(),
        a[4].parse().unwrap(),
    ));
}

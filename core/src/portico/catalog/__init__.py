"""The catalog: products, prices, files and their versions."""

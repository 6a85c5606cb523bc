"""The operators of PyTorch, a file for each family. A file here is found by itself."""

"""The operators of ONNX, a file for each family. A file here is found by itself."""

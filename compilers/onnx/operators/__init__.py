"""How the operators of each family are written in ONNX; the files are named as those of `symnas.operators`."""

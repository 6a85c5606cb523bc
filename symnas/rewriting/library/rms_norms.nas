nas 1
# Layer norms over the features become RMS norms (Zhang and Sennrich 2019).
rule rms_norms: LayerNorm($shape, $eps, $affine, $*_) => RMSNorm($shape, $eps, $affine)

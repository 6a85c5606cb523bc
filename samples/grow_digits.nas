nas 1
# grow_digits.nas: a tiny network for scikit-learn's 8x8 digits, and rules that let it grow without forgetting: each
# leaves what the network computes as it is, so a child goes on where its parent stood. About a minute on two cores:
#   symnas grow samples/grow_digits.nas --trials 24 --epochs 2
#   symnas grow samples/grow_digits.nas --line

block Conv(out, kernel = 3)(x) = x -> Conv2d(out, kernel) -> ReLU
block Same(out)(x) = x -> Conv2d(out, 3, bias = false, init = identity) -> ReLU   # of what is positive: x itself

net Digits(image: f32[N, 1, 8, 8]) =
  image -> Conv(4) as first -> MaxPool2d(2) -> Conv(8) as second -> GlobalAvgPool2d -> Flatten -> Linear(10) as head

# Twice the channels, each repeated; what reads them shares their weights out (Net2WiderNet, Chen et al. 2016).
rule wider: Conv($out, $kernel) => Conv($out * 2, $kernel) keep replicate
rule both_wider: Conv($out, $kernel) -> Same($out) => Conv($out * 2, $kernel) -> Same($out * 2) keep replicate
# One more layer, which begins as the identity (Net2DeeperNet).
rule deeper: Conv($out, $kernel) as $conv => $conv -> Same($out)
# A larger kernel, zero around the one that was there.
rule larger: Conv($out, 3) => Conv($out, 5) keep replicate

train {
  data: "digits"
  epochs: 10                                            # of the start; --epochs says it for children
  batch_size: 16
  lr: 0.01
}

require Digits.params <= 20K
maximize accuracy

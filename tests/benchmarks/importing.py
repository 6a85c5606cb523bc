"""Which networks that others wrote can be imported, and compute the same as programs.

    pip install transformers pytorchcv torchvision      # those that are there are tried
    python tests/benchmarks/importing.py [--only pytorchcv] [--which resnet,vgg] [--verbose]

Four collections: the light models inside the `onnx` package (their weights drawn at random, as they ship without), one
architecture of each family of image classifiers in `pytorchcv` and some of its other networks, one of each family of
`torchvision`'s classifiers, and architectures of `transformers` from small configurations. A network *imports* if it becomes a program, *runs* if that program compiles to PyTorch and takes its
weights, and *agrees* if every output is that of onnxruntime, or of the module, to 1e-5 of the largest. Weights and inputs
are drawn with a seed; normalisations get statistics that are not 0 and 1.
"""

import argparse
import logging
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from attrs import frozen
from timing import show, table
from torch import nn

import symnas
from symnas.foreign import Foreign, from_onnx, from_torch

TOLERANCE = 1e-5
DRAWS = 3
"""The seed of what networks draw while they run: they agree where both draw the same in the same order."""
CLASSIFIERS = """
airnet.airnet50_1x64d_r16 airnext.airnext50_32x4d_r2 alexnet.alexnet bagnet.bagnet9 bamresnet.bam_resnet18
bninception.bninception cbamresnet.cbam_resnet18 channelnet.channelnet condensenet.condensenet74_c8_g8 darknet.darknet_tiny
darknet53.darknet53 darts.darts densenet.densenet121 densenet_cifar.densenet40_k12_cifar10 diapreresnet.diapreresnet10
diaresnet.diaresnet10 dicenet.dicenet_wd5 diracnetv2.diracnet18v2 dla.dla46c dpn.dpn68 drn.drnc26
efficientnet.efficientnet_b0 efficientnetedge.efficientnet_edge_small_b fastseresnet.fastseresnet101b fbnet.fbnet_cb
fdmobilenet.fdmobilenet_w3d4 fishnet.fishnet99 fractalnet_cifar.fractalnet_cifar10 ghostnet.ghostnet hardnet.hardnet39ds
hrnet.hrnet_w18_small_v1 ibnbresnet.ibnb_resnet50 ibndensenet.ibn_densenet121 ibnresnet.ibn_resnet50
ibnresnext.ibn_resnext50_32x4d igcv3.igcv3_wd2 inceptionresnetv1.inceptionresnetv1 inceptionresnetv2.inceptionresnetv2
inceptionv3.inceptionv3 inceptionv4.inceptionv4 isqrtcovresnet.isqrtcovresnet18 menet.menet108_8x1_g3 mixnet.mixnet_s
mnasnet.mnasnet_small mobilenet.mobilenet_w3d4 mobilenetb.mobilenetb_wd2 mobilenetv2.mobilenetv2_wd2
mobilenetv3.mobilenetv3_small_w3d4 msdnet.msdnet22 nasnet.nasnet_4a1056 nin_cifar.nin_cifar10 octresnet.octresnet10_ad2
peleenet.peleenet polynet.polynet preresnet.preresnet10 preresnet_cifar.preresnet20_cifar10 proxylessnas.proxylessnas_cpu
pyramidnet_cifar.pyramidnet110_a48_cifar10 regnet.regnetx002 resattnet.resattnet56 resdropresnet_cifar.resdropresnet20_cifar10
resnesta.resnestabc14 resnet.resnet10 resnet_cifar.resnet20_cifar10 resneta.resneta10 resnetd.resnetd50b resnext.resnext14_16x4d
resnext_cifar.resnext20_16x4d_cifar10 revnet.revnet38 rir_cifar.rir_cifar10 ror_cifar.ror3_56_cifar10 scnet.scnet50
selecsls.selecsls42 senet.senet16 sepreresnet.sepreresnet10 seresnet.seresnet10 seresnext.seresnext50_32x4d
shakedropresnet_cifar.shakedropresnet20_cifar10 shakeshakeresnet_cifar.shakeshakeresnet20_2x16d_cifar10 sharesnet.sharesnet18
shufflenet.shufflenet_g3_w1 shufflenetv2.shufflenetv2_wd2 shufflenetv2b.shufflenetv2b_wd2 sknet.sknet50 sparsenet.sparsenet121
spnasnet.spnasnet squeezenet.squeezenet_v1_1 squeezenext.sqnxt23_w1 tresnet.tresnet_m vgg.vgg11 vovnet.vovnet27s
wrn1bit_cifar.wrn20_10_1bit_cifar10 wrn_cifar.wrn16_10_cifar10 xception.xception xdensenet.xdensenet121_2 zfnet.zfnet
""".split()
"""One architecture of each family, the smallest that there is."""

OTHERS = """
alphapose_coco.alphapose_fastseresnet101b_coco centernet.centernet_resnet18_coco
dabnet.dabnet_cityscapes edanet.edanet_cityscapes enet.enet_cityscapes
erfnet.erfnet_cityscapes linknet.linknet_cityscapes
lwopenpose_cmupan.lwopenpose2d_mobilenet_cmupan_coco
simplepose_coco.simplepose_resnet18_coco sinet.sinet_cityscapes unet.unet_cityscapes
wrn.wrn50_2 xdensenet_cifar.xdensenet40_2_k24_bc_cifar10
""".split()
"""Networks for other tasks, most of them, and families of classifiers that came later to this list."""

VISION = """
alexnet convnext_tiny densenet121 efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5 mobilenet_v2
mobilenet_v3_small regnet_y_400mf resnet50 resnext50_32x4d shufflenet_v2_x0_5 squeezenet1_1 swin_t swin_v2_t vgg11_bn
vit_b_16 wide_resnet50_2
""".split()
"""The classifiers of `torchvision`, one of each family."""

_SIZES = {"inceptionv3": 299, "inceptionv4": 299, "inceptionresnetv1": 299, "inceptionresnetv2": 299, "polynet": 331,
          "xception": 299}  # fmt: skip
_SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
_TEXT = {"vocab_size": 99, "max_position_embeddings": 40, **_SMALL}
_IMAGE = {"image_size": 32, "patch_size": 8, "num_channels": 3, **_SMALL}
_SHARED = {**_TEXT, "num_key_value_heads": 2}
_SPEECH = {**_TEXT, "conv_dim": (16, 16), "conv_stride": (5, 2), "conv_kernel": (10, 3), "num_feat_extract_layers": 2,
           "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4}  # fmt: skip
_WORDS, _PICTURE = "input_ids: i64[N, 12]", "pixel_values: f32[N, 3, 32, 32]"
TRANSFORMERS: Mapping[str, tuple[dict[str, Any], str]] = {
    "Bert": (_TEXT, _WORDS),
    "Roberta": (_TEXT, _WORDS),
    "Electra": ({**_TEXT, "embedding_size": 32}, _WORDS),
    "DistilBert": ({"vocab_size": 99, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}, _WORDS),
    "Albert": ({**_TEXT, "embedding_size": 16}, _WORDS),
    "MPNet": (_TEXT, _WORDS),
    "MobileBert": ({**_TEXT, "embedding_size": 32, "intra_bottleneck_size": 32}, _WORDS),
    "SqueezeBert": ({**_TEXT, "embedding_size": 32}, _WORDS),
    "ConvBert": ({**_TEXT, "embedding_size": 32}, _WORDS),
    "DebertaV2": (_TEXT, _WORDS),
    "RoFormer": (_TEXT, _WORDS),
    "XLNet": ({"vocab_size": 99, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, _WORDS),
    "FNet": (_TEXT, _WORDS),
    "GPT2": ({"vocab_size": 99, "n_positions": 40, "n_embd": 32, "n_layer": 2, "n_head": 4}, _WORDS),
    "GPTNeo": ({**_TEXT, "num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]]}, _WORDS),
    "GPTNeoX": (_TEXT, _WORDS),
    "GPTJ": ({"vocab_size": 99, "n_positions": 40, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4}, _WORDS),
    "OPT": ({**_TEXT, "ffn_dim": 64, "word_embed_proj_dim": 32}, _WORDS),
    "Bloom": ({"vocab_size": 99, "hidden_size": 32, "n_layer": 2, "n_head": 4}, _WORDS),
    "Llama": ({**_TEXT, "num_key_value_heads": 2}, _WORDS),
    "Mistral": ({**_TEXT, "num_key_value_heads": 2}, _WORDS),
    "Qwen2": ({**_TEXT, "num_key_value_heads": 2}, _WORDS),
    "Gemma": ({**_TEXT, "num_key_value_heads": 2, "head_dim": 8}, _WORDS),
    "Phi": (_TEXT, _WORDS),
    "T5Encoder": ({"vocab_size": 99, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}, _WORDS),
    "ViT": (_IMAGE, _PICTURE),
    "DeiT": (_IMAGE, _PICTURE),
    "Beit": (_IMAGE, _PICTURE),
    "Dinov2": (_IMAGE, _PICTURE),
    "ViTMAE": ({**_IMAGE, "mask_ratio": 0.0}, _PICTURE),
    "CLIPVision": (_IMAGE, _PICTURE),
    "SiglipVision": (_IMAGE, _PICTURE),
    "Swin": ({"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4],
              "window_size": 4}, _PICTURE),
    "ConvNext": ({"hidden_sizes": [16, 32], "depths": [2, 2], "num_stages": 2}, _PICTURE),
    "ConvNextV2": ({"hidden_sizes": [16, 32], "depths": [2, 2], "num_stages": 2}, _PICTURE),
    "ResNet": ({"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [2, 2]}, _PICTURE),
    "RegNet": ({"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [2, 2], "groups_width": 8}, _PICTURE),
    "MobileNetV1": ({"image_size": 32, "depth_multiplier": 0.25}, _PICTURE),
    "MobileNetV2": ({"image_size": 32, "depth_multiplier": 0.25}, _PICTURE),
    "EfficientNet": ({"image_size": 32, "width_coefficient": 0.5, "depth_coefficient": 0.5, "hidden_dim": 640}, _PICTURE),
    "PoolFormer": ({"hidden_sizes": [16, 32, 32, 64], "depths": [1, 1, 1, 1]}, _PICTURE),
    "Segformer": ({"hidden_sizes": [16, 16, 32, 32], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 2, 4]}, _PICTURE),
    "MobileViT": ({"image_size": 32, "hidden_sizes": [32, 48, 64], "neck_hidden_sizes": [8, 8, 16, 16, 24, 24, 64]}, _PICTURE),
    "LevitModel": ({"image_size": 32, "hidden_sizes": [16, 32, 48], "num_attention_heads": [2, 2, 2], "depths": [1, 1, 1],
                    "key_dim": [8, 8, 8]}, _PICTURE),
    "Wav2Vec2": (_SPEECH, "input_values: f32[N, 400]"),
    "GPTBigCode": ({"vocab_size": 99, "n_positions": 40, "n_embd": 32, "n_layer": 2, "n_head": 4}, _WORDS),
    "Falcon": ({"vocab_size": 99, **_SMALL}, _WORDS),
    "CodeGen": ({"vocab_size": 99, "n_positions": 40, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4}, _WORDS),
    "StableLm": (_SHARED, _WORDS),
    "Cohere": (_SHARED, _WORDS),
    "Olmo": (_SHARED, _WORDS),
    "Olmo2": (_SHARED, _WORDS),
    "Phi3": ({**_SHARED, "pad_token_id": 0}, _WORDS),
    "Qwen3": ({**_SHARED, "head_dim": 8}, _WORDS),
    "Gemma2": ({**_SHARED, "head_dim": 8}, _WORDS),
    "Granite": (_SHARED, _WORDS),
    "Starcoder2": (_SHARED, _WORDS),
    "Mixtral": ({**_SHARED, "num_local_experts": 2, "num_experts_per_tok": 1}, _WORDS),
    "XGLM": ({"vocab_size": 99, "d_model": 32, "ffn_dim": 64, "num_layers": 2, "attention_heads": 4,
              "max_position_embeddings": 40}, _WORDS),
    "Mpt": ({"vocab_size": 99, "d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": 40}, _WORDS),
    "Persimmon": (_TEXT, _WORDS),
    "BioGpt": (_TEXT, _WORDS),
    "Mamba": ({"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}, _WORDS),
    "ModernBert": ({**_TEXT, **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id",
                                              "sep_token_id"), 0)}, _WORDS),
    "Nystromformer": ({**_TEXT, "segment_means_seq_len": 12, "num_landmarks": 4}, _WORDS),
    "Funnel": ({"vocab_size": 99, "d_model": 32, "n_head": 4, "d_head": 8, "d_inner": 64, "block_sizes": [1, 1, 1]}, _WORDS),
    "Splinter": (_TEXT, _WORDS),
    "LayoutLM": (_TEXT, _WORDS),
    "DebertaModel": (_TEXT, _WORDS),
    "IBert": (_TEXT, _WORDS),
    "Dinov2WithRegisters": (_IMAGE, _PICTURE),
    "PvtV2": ({"image_size": 32, "hidden_sizes": [16, 16, 32, 32], "depths": [1, 1, 1, 1],
               "num_attention_heads": [1, 2, 2, 4], "sr_ratios": [8, 4, 2, 1]}, _PICTURE),
    "Yolos": ({**_IMAGE, "image_size": [32, 32]}, _PICTURE),
    "Swinv2": ({"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4],
                "window_size": 4}, _PICTURE),
    "FocalNet": ({"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [1, 1], "hidden_sizes": [16, 32]}, _PICTURE),
    "SwiftFormer": ({"image_size": 32, "embed_dims": [16, 16, 32, 32], "depths": [1, 1, 1, 1]}, _PICTURE),
    "Bit": ({"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [1, 1], "num_groups": 4}, _PICTURE),
    "WavLM": (_SPEECH, "input_values: f32[N, 400]"),
    "SEW": (_SPEECH, "input_values: f32[N, 400]"),
    "ASTModel": ({**_SMALL, "num_mel_bins": 16, "max_length": 24, "patch_size": 4}, "input_values: f32[N, 24, 16]"),
}  # fmt: skip
"""Settings of a configuration by the name of its architecture, and what the model takes."""


@frozen
class Found:
    """How far one network came: 1 is imported, 2 runs, 3 agrees; *why* it came no further; *lines* of its program."""

    name: str
    stage: int
    why: str = ""
    lines: int = 0
    seconds: float = 0.0


def trial(name: str, load: Callable[[], Foreign], reference: Callable[[], tuple[list[Any], list[Any]]]) -> Found:
    """How far the network that *load* imports comes, beside its inputs and outputs by *reference*."""
    begun, stage, lines = perf_counter(), 0, 0
    try:
        foreign = load()
        stage, lines, seconds = 1, len(foreign.program.text.splitlines()), perf_counter() - begun
        inputs, wanted = reference()
        network = symnas.compile(symnas.parse(foreign.program.text).architecture(), "torch").eval()
        network.load_state_dict({key: torch.from_numpy(np.array(each)) for key, each in foreign.weights.items()})
        with torch.no_grad():
            torch.manual_seed(DRAWS)
            outputs = flat(network(*inputs))
        stage = 2
        if len(outputs) != len(wanted):
            return Found(name, stage, f"{len(outputs)} outputs for {len(wanted)}", lines)
        worst = max(map(apart, outputs, wanted))
        why = "" if worst <= TOLERANCE else f"apart by {worst:.2g}"
        return Found(name, 3 if not why else 2, why, lines, seconds)
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is what is counted)
        return Found(name, stage, f"{type(error).__name__}: {error}", lines)


def apart(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """The largest difference, as a share of the largest number (at least 1e-3)."""
    if ours.shape != theirs.shape:
        return float("inf")
    if not theirs.numel():
        return 0.0
    return float((ours.double() - theirs.double()).abs().max() / max(1e-3, float(theirs.double().abs().max())))


def flat(value: Any) -> list[torch.Tensor]:
    """The tensors in *value* in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [each for item in value for each in flat(item)] if isinstance(value, list | tuple) else []


# --------------------------------------------------------------------------------------------------- collections


def light(which: Sequence[str]) -> Iterator[Found]:
    """The light models of the `onnx` package, with weights drawn at random."""
    import onnx
    import onnxruntime

    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    for path in sorted(folder.glob("*.onnx")):
        name = path.stem.removeprefix("light_")
        if which and name not in which:
            continue
        with tempfile.TemporaryDirectory() as made:
            place = Path(made) / path.name
            onnx.save(weighted(onnx.load(path)), place)

            def reference(place: Path = place) -> tuple[list[Any], list[Any]]:
                session = onnxruntime.InferenceSession(place, providers=["CPUExecutionProvider"])
                random = np.random.default_rng(0)
                feeds = {each.name: random.random(each.shape, np.float32) for each in session.get_inputs()}
                wanted = [torch.from_numpy(np.asarray(each)) for each in session.run(None, feeds)]
                return [torch.from_numpy(each) for each in feeds.values()], wanted

            yield trial(name, partial(from_onnx, place), reference)


def weighted(model: Any) -> Any:
    """*model* with the weights that it makes of nothing (`ConstantOfShape`) drawn at random."""
    from onnx.numpy_helper import from_array, to_array

    random = np.random.default_rng(0)
    shapes = {each.name: to_array(each) for each in model.graph.initializer}
    shapes |= {each.output[0]: to_array(each.attribute[0].t) for each in model.graph.node if each.op_type == "Constant"}
    positive = {each.input[4] for each in model.graph.node if each.op_type == "BatchNormalization"}
    kept = []
    for node in model.graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = tuple(map(int, shapes[node.input[0]]))
        fan = max(1, int(np.prod(shape[1:])))
        array = random.standard_normal(shape) / fan**0.5 if len(shape) > 1 else random.standard_normal(shape) * 0.1
        array = 0.5 + random.random(shape) if node.output[0] in positive else array
        model.graph.initializer.append(from_array(array.astype(np.float32), node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def classifiers(which: Sequence[str]) -> Iterator[Found]:
    """Image classifiers of `pytorchcv`, and others of its networks."""
    for each in (*CLASSIFIERS, *OTHERS):
        family, _, name = each.partition(".")
        if which and family not in which:
            continue
        size = 32 if "_cifar" in family else _SIZES.get(family, 224)
        try:
            torch.manual_seed(0)
            module = getattr(import_module(f"pytorchcv.models.{family}"), name)()
        except (ImportError, TypeError) as error:
            sys.stderr.write(f"{family}: left out, {error}" + "\n")
            continue
        yield of_module(family, module, [f"x: f32[N, 3, {size}, {size}]"], (torch.randn(2, 3, size, size),))


def vision(which: Sequence[str]) -> Iterator[Found]:
    """Image classifiers of `torchvision`. What it has compiled is for detectors; where that was made for another PyTorch,
    classifiers need it to be declared alone.
    """
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    models = import_module("torchvision.models")
    for name in VISION:
        if not which or name in which:
            torch.manual_seed(0)
            module = getattr(models, name)(weights=None)
            size = {"inception_v3": 299}.get(name, 224)
            yield of_module(name, module, [f"x: f32[N, 3, {size}, {size}]"], (torch.randn(2, 3, size, size),))


class Bare(nn.Module):
    """A model of `transformers` that gives its first output alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> Any:
        """The last hidden state."""
        return self.model(x)[0]


def transformers(which: Sequence[str]) -> Iterator[Found]:
    """Models of `transformers`, made of small configurations."""
    library = import_module("transformers")
    for name, (settings, taken) in TRANSFORMERS.items():
        if which and name not in which:
            continue
        word = name.removesuffix("Model")
        config_name = {"T5Encoder": "T5", "CLIPVision": "CLIPVision", "SiglipVision": "SiglipVision"}.get(word, word)
        try:
            torch.manual_seed(0)
            config = getattr(library, f"{config_name}Config")(**settings)
            config.use_cache = False
            module = Bare(getattr(library, f"{word}Model")(config))
        except (AttributeError, ImportError, TypeError, ValueError) as error:
            sys.stderr.write(f"{name}: left out, {type(error).__name__}: {error}" + "\n")
            continue
        scope = symnas.parse(f"net A({taken}) = {taken.partition(':')[0]}").architecture().graph().scope.inputs[0]
        shape = [2 if not isinstance(size, int) else size for size in scope.shape]
        given = torch.randint(3, 99, shape) if "ids" in taken else torch.randn(shape)
        yield of_module(name, module, [f"x{taken[taken.index(':') :]}"], (given,))


def of_module(name: str, module: nn.Module, inputs: list[str], given: tuple[torch.Tensor, ...]) -> Found:
    """How far the PyTorch *module* comes."""
    unsettle(module)
    module.eval()

    def reference() -> tuple[list[Any], list[Any]]:
        with torch.no_grad():
            torch.manual_seed(DRAWS)
            return list(given), flat(module(*given))

    return trial(name, lambda: from_torch(module, inputs, what=name), reference)


def unsettle(module: nn.Module) -> None:
    """Move what starts as 0 and 1, so that weights that were mixed up show."""
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for key, each in module.state_dict().items():
            if key.endswith("running_var"):
                each.uniform_(0.5, 1.5, generator=random)
            elif each.is_floating_point() and (each.ndim == 1 or key.endswith("running_mean")):
                each.add_(torch.randn(each.shape, generator=random), alpha=0.05)


COLLECTIONS = {"light ONNX models": (light, "onnxruntime"), "pytorchcv": (classifiers, "pytorchcv"),
               "torchvision": (vision, "torchvision"), "transformers": (transformers, "transformers")}  # fmt: skip


def main() -> None:
    """Print the table, and with `--verbose` what became of each network."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=[each.split()[0] for each in COLLECTIONS])
    parser.add_argument("--which", default="", help="names of networks, with commas between")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    which = [each for each in options.which.split(",") if each]
    rows = []
    for title, (trials, library) in COLLECTIONS.items():
        if options.only and options.only != title.split()[0]:
            continue
        if find_spec(library) is None:
            sys.stderr.write(f"{title}: left out, `{library}` is not installed" + "\n")
            continue
        found = []
        for each in trials(which):
            found.append(each)
            if options.verbose:
                outcome = ("refused", "imports", "runs", "agrees")[each.stage]
                show(f"{each.name}: {outcome}, {each.lines} lines, {each.seconds:.1f} s {each.why}")
        counts = [sum(each.stage >= stage for each in found) for stage in (1, 2, 3)]
        rows.append([title, str(len(found)), *(f"{each} ({each / max(1, len(found)):.0%})" for each in counts)])
    show(table(["networks", "tried", "import", "run", "agree"], rows))


if __name__ == "__main__":
    main()

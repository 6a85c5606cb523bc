"""Networks that others wrote: how each is made, and what it computes.

How far they come as programs is the business of `importing`. Weights and inputs are drawn with a seed; normalisations get
statistics that are not 0 and 1.
"""

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from attrs import frozen
from torch import nn

import symnas
from symnas.foreign import Foreign, from_onnx, from_torch

__all__ = ["COLLECTIONS", "DRAWS", "Absent", "Case", "Collection", "flat"]

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

_SIZES = {"sinet": 256, "inceptionv3": 299, "inceptionv4": 299, "inceptionresnetv1": 299, "inceptionresnetv2": 299, "polynet": 331,
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


class Absent(Exception):
    """The library that is installed has no such network, or does not make it of these settings."""


@frozen
class Case:
    """A network to be imported: what does so, and what gives its *reference*: inputs, and its outputs for them."""

    imported: Callable[[], Foreign]
    reference: Callable[[], tuple[list[torch.Tensor], list[torch.Tensor]]]


@frozen
class Collection:
    """Networks of one origin, by *names*: what is to be installed for them, and what makes one."""

    library: str
    names: tuple[str, ...]
    make: Callable[[str], Case]


# ------------------------------------------------------------------------------------------------------- ONNX


def light_names() -> tuple[str, ...]:
    """The light models inside the `onnx` package."""
    return tuple(sorted(path.stem.removeprefix("light_") for path in _light_folder().glob("*.onnx")))


def _light_folder() -> Path:
    return Path(str(import_module("onnx").__file__)).parent / "backend" / "test" / "data" / "light"


def light(name: str) -> Case:
    """The light model called *name*, with weights drawn at random: it ships without."""
    import onnx
    import onnxruntime

    folder = tempfile.TemporaryDirectory()
    place = Path(folder.name) / f"light_{name}.onnx"
    onnx.save(weighted(onnx.load(_light_folder() / place.name)), place)

    def reference() -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        with folder:
            session = onnxruntime.InferenceSession(place, providers=["CPUExecutionProvider"])
        random = np.random.default_rng(0)
        feeds = {each.name: random.random(each.shape, np.float32) for each in session.get_inputs()}
        wanted = [torch.from_numpy(np.asarray(each)) for each in session.run(None, feeds)]
        return [torch.from_numpy(each) for each in feeds.values()], wanted

    return Case(partial(from_onnx, place), reference)


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


# ---------------------------------------------------------------------------------------------------- PyTorch


def of_pytorchcv(name: str) -> Case:
    """The network of `pytorchcv` in the file that *name* begins with."""
    family, _, factory = name.partition(".")
    size = 32 if "_cifar" in family else _SIZES.get(family, 224)
    module = _made(f"pytorchcv.models.{family}", factory)
    return of_module(name, module, f"f32[N, 3, {size}, {size}]", torch.randn(2, 3, size, size))


def of_torchvision(name: str) -> Case:
    """The classifier of `torchvision` called *name*."""
    _declare_detectors()
    module = _made("torchvision.models", name)
    size = {"inception_v3": 299}.get(name, 224)
    return of_module(name, module, f"f32[N, 3, {size}, {size}]", torch.randn(2, 3, size, size))


class Bare(nn.Module):
    """A model of `transformers` that gives its first output alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> Any:
        """The last hidden state."""
        return self.model(x)[0]


def of_transformers(name: str) -> Case:
    """The model of `transformers` called *name*, made of a small configuration."""
    _declare_detectors()
    settings, taken = TRANSFORMERS[name]
    word = name.removesuffix("Model")
    config = _made("transformers", f"{word.removesuffix('Encoder')}Config", **settings)
    config.use_cache = False
    module = Bare(_made("transformers", f"{word}Model", config))
    type_ = taken.partition(": ")[2]
    scope = symnas.parse(f"net A(x: {type_}) = x").architecture().graph().scope.inputs[0]
    shape = [size if isinstance(size, int) else 2 for size in scope.shape]
    return of_module(name, module, type_, torch.randint(3, 99, shape) if "ids" in taken else torch.randn(shape))


def of_module(name: str, module: nn.Module, taken: str, given: torch.Tensor) -> Case:
    """The PyTorch *module*, which takes a tensor of the type *taken*, as *given*."""
    unsettle(module)
    module.eval()

    def reference() -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        with torch.no_grad():
            torch.manual_seed(DRAWS)
            return [given], flat(module(given))

    return Case(lambda: from_torch(module, [f"x: {taken}"], what=name), reference)


def _made(library: str, name: str, *given: Any, **settings: Any) -> Any:
    """What the module *library* has under *name*, called, with weights drawn with a seed.

    Raises:
        Absent: there is no such thing, or it fails.
    """
    torch.manual_seed(0)
    try:
        return getattr(import_module(library), name)(*given, **settings)
    except Exception as error:
        raise Absent(f"{type(error).__name__}: {error}") from error


def _declare_detectors() -> None:
    """What `torchvision` has compiled is for detectors; where that was made for another PyTorch, the library is loaded only
    if it is declared.
    """
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            schema = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            torch.library.define(f"torchvision::{operator}", schema)


def unsettle(module: nn.Module) -> None:
    """Move what starts as 0 and 1, so that weights that were mixed up show."""
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for key, each in module.state_dict().items():
            if key.endswith("running_var"):
                each.uniform_(0.5, 1.5, generator=random)
            elif each.is_floating_point() and (each.ndim == 1 or key.endswith("running_mean")):
                each.add_(torch.randn(each.shape, generator=random), alpha=0.05)


def flat(value: Any) -> list[torch.Tensor]:
    """The tensors in *value* in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [each for item in value for each in flat(item)] if isinstance(value, list | tuple) else []


COLLECTIONS: Mapping[str, Callable[[], Collection]] = {
    "light": lambda: Collection("onnxruntime", light_names(), light),
    "pytorchcv": lambda: Collection("pytorchcv", tuple(CLASSIFIERS), of_pytorchcv),
    "pytorchcv-others": lambda: Collection("pytorchcv", tuple(OTHERS), of_pytorchcv),
    "torchvision": lambda: Collection("torchvision", tuple(VISION), of_torchvision),
    "transformers": lambda: Collection("transformers", tuple(TRANSFORMERS), of_transformers),
}
"""Collections by the name that the table has for them."""

"""Writes reference.json beside this file: what PyTorch, torchvision and timm compute, and how they call and shape parameters.

python3 -m venv venv && venv/bin/pip install torch torchvision timm numpy && venv/bin/python make.py
Inputs and parameters are made of the same formula here and in reference.test.ts, so that the file holds results only.
"""
import json
import math
import os

import timm
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def filled(shape, scale=1.0, seed=0):
    n = math.prod(shape)
    return torch.tensor([math.sin(i * 12.9898 + 1 + seed * 0.7) * scale for i in range(n)]).reshape(shape)


def weights(module):
    """Parameters by the place of their names in alphabetical order."""
    state = {}
    for j, (name, t) in enumerate(sorted(module.state_dict().items())):
        if name.endswith("num_batches_tracked"):
            state[name] = t
        elif name.endswith("running_var"):
            state[name] = filled(t.shape, 0.5, j).abs() + 0.5
        else:
            fan = math.prod(t.shape[1:]) if t.dim() > 1 else 4
            state[name] = filled(t.shape, 1.5 / math.sqrt(fan), j)
    module.load_state_dict(state)
    return module


def weighed(t):
    c = torch.sin(torch.arange(t.numel()) * 1.7 + 0.3)
    return (c * t.reshape(-1)).sum()


def tensors(y):
    return [y] if isinstance(y, torch.Tensor) else [t for part in y for t in tensors(part)]


def case(f, inputs, module=None):
    """Outputs (each as its first numbers and a weighed sum), and weighed sums of the gradients of Σ weighed(output)."""
    inputs = [t.clone().requires_grad_() if t.is_floating_point() else t for t in inputs]
    y = tensors(f(*inputs))
    total = sum(weighed(t) for t in y)
    total.backward()
    result = {
        "shapes": [list(t.shape) for t in y],
        "first": [t.detach().reshape(-1)[:8].tolist() for t in y],
        "sums": [weighed(t.detach()).item() for t in y],
        "inputs": [weighed(t.grad).item() for t in inputs if t.is_floating_point() and t.grad is not None],
    }
    if module is not None:
        result["grads"] = {n: weighed(p.grad).item() for n, p in module.named_parameters() if p.grad is not None}
        result["state"] = {n: weighed(b.double()).item() for n, b in module.named_buffers()}
    return result


def layer(module, *inputs, train=False, call=None):
    module = weights(module).train(train)
    return case(lambda *xs: (call or (lambda m, *a: m(*a)))(module, *xs), inputs, module)


def names(module):
    return {n: list(t.shape) for n, t in module.state_dict().items()}


class CifarResNet(nn.Module):
    """He et al. 2016, section 4.2, of torchvision's blocks."""

    def __init__(self, n):
        super().__init__()
        block = torchvision.models.resnet.BasicBlock
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        width = 16
        for i in range(3):
            blocks = []
            for j in range(n):
                stride = 2 if i > 0 and j == 0 else 1
                out = 16 * 2**i
                down = None
                if stride == 2:
                    down = nn.Sequential(nn.Conv2d(width, out, 1, 2, bias=False), nn.BatchNorm2d(out))
                blocks.append(block(width, out, stride, down))
                width = out
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        h = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(h))).mean((2, 3)))


cases = {}
image = filled((2, 4, 7, 6))
cases["conv1d"] = layer(nn.Conv1d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2), filled((2, 4, 11)))
cases["conv2d"] = layer(nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), groups=2), image)
for mode in ["reflect", "replicate", "circular"]:
    cases["conv2d " + mode] = layer(nn.Conv2d(4, 3, 3, padding=(2, 1), padding_mode=mode), image)
cases["conv2d same"] = layer(nn.Conv2d(4, 3, (4, 3), padding="same", dilation=(1, 2)), image)
cases["conv3d"] = layer(nn.Conv3d(2, 3, 2, padding=1), filled((1, 2, 3, 4, 3)))
cases["convTranspose1d"] = layer(nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1), filled((2, 4, 5)))
cases["convTranspose2d"] = layer(
    nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, dilation=2), filled((2, 4, 3, 4))
)
cases["convTranspose3d"] = layer(nn.ConvTranspose3d(2, 3, 2, stride=2), filled((1, 2, 2, 3, 2)))
cases["maxPool2d"] = layer(nn.MaxPool2d(3, stride=2, padding=1, dilation=2), filled((2, 4, 9, 8)))
cases["avgPool2d"] = layer(nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), image)
cases["adaptiveAvgPool2d"] = layer(nn.AdaptiveAvgPool2d((3, 4)), image)
cases["adaptiveMaxPool2d"] = layer(nn.AdaptiveMaxPool2d((3, 4)), image)
cases["upsample nearest"] = layer(nn.Upsample(scale_factor=2), image)
cases["upsample linear"] = layer(nn.Upsample(size=(10, 4), mode="bilinear"), image)
cases["upsample corners"] = layer(nn.Upsample(size=(10, 9), mode="bilinear", align_corners=True), image)
cases["pixelShuffle"] = layer(nn.PixelShuffle(2), image)
for train in [True, False]:
    word = "training" if train else "evaluation"
    cases["batchNorm2d " + word] = layer(nn.BatchNorm2d(4, momentum=0.3), image, train=train)
    cases["batchNorm1d " + word] = layer(nn.BatchNorm1d(4, momentum=None), filled((5, 4)), train=train)
cases["layerNorm"] = layer(nn.LayerNorm([7, 6]), image)
cases["rmsNorm"] = layer(nn.RMSNorm(6), image)
cases["groupNorm"] = layer(nn.GroupNorm(2, 4), image)
cases["instanceNorm"] = layer(nn.InstanceNorm2d(4, affine=True), image)
cases["embedding"] = layer(nn.Embedding(5, 3, padding_idx=2), torch.tensor([[0, 2, 4], [1, 1, 2]]))

tokens, others = filled((2, 5, 6)), filled((2, 3, 4), seed=4)
seen = torch.tensor([[(i + 2 * j) % 3 > 0 for j in range(3)] for i in range(5)])
cases["attention"] = layer(
    nn.MultiheadAttention(6, 2, batch_first=True),
    tokens,
    call=lambda m, x: m(x, x, x, attn_mask=torch.triu(torch.ones(5, 5, dtype=torch.bool), 1))[0],
)
cases["attention, others"] = layer(
    nn.MultiheadAttention(6, 3, batch_first=True, kdim=4, vdim=4),
    tokens,
    others,
    call=lambda m, x, y: m(x, y, y, attn_mask=~seen)[0],
)
for first in [True, False]:
    word = "first" if first else "last"
    options = dict(dim_feedforward=7, batch_first=True, norm_first=first, dropout=0.0)
    cases["encoderLayer, norm " + word] = layer(nn.TransformerEncoderLayer(6, 2, **options), tokens, train=True)
    cases["decoderLayer, norm " + word] = layer(
        nn.TransformerDecoderLayer(6, 2, **options), tokens, filled((2, 3, 6), seed=4), train=True
    )
for name, make in {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}.items():
    cases[name] = layer(make(3, 4, num_layers=2, bidirectional=True, batch_first=True), filled((2, 5, 3), 2.0))

logits, labels = filled((4, 5), 2.0), torch.tensor([1, 4, -100, 0])
weight = torch.tensor([0.5, 1.0, 2.0, 1.5, 0.7])
other = filled((4, 5), seed=3)
cases["crossEntropy"] = case(lambda x: F.cross_entropy(x, labels, weight=weight, label_smoothing=0.2), [logits])
cases["crossEntropy, probabilities"] = case(
    lambda x, y: F.cross_entropy(x, y.softmax(-1), weight=weight, label_smoothing=0.2), [logits, other]
)
cases["nll"] = case(lambda x: F.nll_loss(x.log_softmax(-1), labels, weight=weight), [logits])
cases["bceWithLogits"] = case(
    lambda x, y: F.binary_cross_entropy_with_logits(x, y.sigmoid(), pos_weight=weight), [logits, other]
)
cases["huber"] = case(lambda x, y: F.huber_loss(x, y, delta=0.7), [logits, other])
cases["smoothL1"] = case(lambda x, y: F.smooth_l1_loss(x, y, beta=0.7), [logits, other])
cases["klDivergence"] = case(
    lambda x, y: F.kl_div(x.log_softmax(-1), y.softmax(-1), reduction="batchmean"), [logits, other]
)
marks = torch.tensor([1.0, -1.0, 1.0, -1.0])
cases["cosineEmbedding"] = case(lambda x, y: F.cosine_embedding_loss(x, y, marks, margin=-0.5), [logits, other])
cases["tripletMargin"] = case(
    lambda x, y, z: F.triplet_margin_loss(x, y, z, margin=2.0, swap=True, eps=0.0),
    [logits, other, filled((4, 5), seed=6)],
)
cases["ctc"] = case(
    lambda x: F.ctc_loss(
        x.log_softmax(-1).transpose(0, 1),
        torch.tensor([[1, 1, 2], [3, 1, 1]]),
        torch.tensor([8, 5]),
        torch.tensor([3, 1]),
        blank=0,
    ),
    [filled((2, 8, 4), 2.0)],
)

pixels = filled((2, 3, 32, 32))
for train in [True, False]:
    word = "training" if train else "evaluation"
    cases["resnet18 " + word] = layer(torchvision.models.resnet18(), pixels, train=train)
    cases["resnet20 " + word] = layer(CifarResNet(3), pixels, train=train)
vit = dict(img_size=32, patch_size=8, num_classes=5)
cases["vit"] = layer(
    timm.models.vision_transformer.VisionTransformer(**vit, embed_dim=12, depth=2, num_heads=3), pixels
)
cases["mixer"] = layer(timm.models.mlp_mixer.MlpMixer(**vit, embed_dim=12, num_blocks=2), pixels)

parameters = {
    "resnet18": names(torchvision.models.resnet18()),
    "resnet20": names(CifarResNet(3)),
    "resnet50": names(torchvision.models.resnet50()),
    "vitTiny": names(timm.create_model("vit_tiny_patch16_224")),
    "mixerSmall": names(timm.create_model("mixer_s16_224")),
}


def rounded(x):
    if isinstance(x, float):
        return float(f"{x:.12g}")
    if isinstance(x, dict):
        return {k: rounded(v) for k, v in x.items()}
    return [rounded(v) for v in x] if isinstance(x, list) else x


made = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__}
lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(rounded(v))}" for k, v in cases.items())
shapes = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in parameters.items())
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json")
with open(path, "w") as f:
    f.write(f'{{"made": {json.dumps(made)},\n"cases": {{\n{lines}\n}},\n"parameters": {{\n{shapes}\n}}}}\n')

"""Prints pytorch.ts: values by PyTorch 2.15.0 in f64, for arguments that both sides make by the same formula."""
import torch
import torch.nn.functional as F


def x(seed, *shape):
    n = 1
    for s in shape:
        n *= s
    return torch.tensor([(i * 7919 + seed * 104729) % 1009 / 1009 - 0.5 for i in range(n)], dtype=torch.float64).reshape(shape)


def show(t):
    return "[" + ", ".join(repr(float(f"{v:.14g}")) for v in t.flatten().tolist()) + "]"


cases = {}
ct = F.conv_transpose2d
cases["convTranspose 1d"] = F.conv_transpose1d(x(1, 2, 3, 4), x(2, 3, 2, 3), stride=2, padding=1, output_padding=1)
cases["convTranspose 2d"] = ct(x(1, 1, 4, 3, 2), x(2, 4, 3, 3, 2), stride=(2, 3), padding=(1, 0), output_padding=(0, 2), groups=2)
cases["convTranspose dilated"] = ct(x(1, 1, 2, 3, 3), x(2, 2, 1, 2, 3), dilation=(3, 2), padding=2, output_padding=1, stride=1)
cases["convTranspose 3d"] = F.conv_transpose3d(x(1, 1, 2, 2, 2, 2), x(2, 2, 1, 2, 2, 2), stride=2)
cases["unfold"] = F.unfold(x(1, 2, 2, 4, 5), (2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2))
cases["fold"] = F.fold(x(1, 2, 12, 8), (4, 5), (2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2))

line, plane, cube = x(1, 1, 2, 5), x(1, 1, 2, 4, 5), x(1, 1, 1, 3, 2, 4)
for mode, ours in [("nearest", "nearest"), ("nearest-exact", "nearestExact"), ("area", "area")]:
    cases[f"interpolate {ours} 1d"] = F.interpolate(line, size=8, mode=mode)
    cases[f"interpolate {ours} 2d"] = F.interpolate(plane, size=(7, 3), mode=mode)
    cases[f"interpolate {ours} 3d"] = F.interpolate(cube, size=(2, 5, 3), mode=mode)
    cases[f"interpolate {ours} by scale"] = F.interpolate(plane, scale_factor=(1.7, 0.6), mode=mode)
for align in (False, True):
    name = " aligned" if align else ""
    cases[f"interpolate linear 1d{name}"] = F.interpolate(line, size=8, mode="linear", align_corners=align)
    cases[f"interpolate linear 2d{name}"] = F.interpolate(plane, size=(7, 3), mode="bilinear", align_corners=align)
    cases[f"interpolate linear 3d{name}"] = F.interpolate(cube, size=(2, 5, 1), mode="trilinear", align_corners=align)
    cases[f"interpolate linear by scale{name}"] = F.interpolate(plane, scale_factor=(1.7, 0.6), mode="bilinear", align_corners=align)
    cases[f"interpolate cubic{name}"] = F.interpolate(plane, size=(7, 3), mode="bicubic", align_corners=align)
    cases[f"interpolate cubic by scale{name}"] = F.interpolate(plane, scale_factor=(1.7, 2.3), mode="bicubic", align_corners=align)
cases["interpolate linear antialias"] = F.interpolate(x(1, 1, 1, 9, 7), size=(4, 9), mode="bilinear", antialias=True)
cases["interpolate cubic antialias"] = F.interpolate(x(1, 1, 1, 9, 7), size=(4, 3), mode="bicubic", antialias=True)

grid2, grid3 = 2.6 * x(3, 1, 3, 4, 2), 2.6 * x(3, 1, 2, 2, 3, 3)
for align in (False, True):
    for padding in ("zeros", "border", "reflection"):
        name = f"{padding}{' aligned' if align else ''}"
        for mode, ours in (("bilinear", "linear"), ("nearest", "nearest"), ("bicubic", "cubic")):
            cases[f"gridSample {ours} {name}"] = F.grid_sample(plane, grid2, mode, padding, align)
        cases[f"gridSample 3d {name}"] = F.grid_sample(cube, grid3, "bilinear", padding, align)
    name = " aligned" if align else ""
    cases[f"affineGrid 2d{name}"] = F.affine_grid(x(1, 2, 2, 3), (2, 1, 3, 4), align)
    cases[f"affineGrid 3d{name}"] = F.affine_grid(x(1, 1, 3, 4), (1, 1, 2, 1, 3), align)
    gp, gg = plane.clone().requires_grad_(), grid2.clone().requires_grad_()
    (F.grid_sample(gp, gg, "bilinear", "zeros", align) * x(5, 1, 2, 3, 4)).sum().backward()
    cases[f"gradient of gridSample by x{name}"] = gp.grad
    cases[f"gradient of gridSample by grid{name}"] = gg.grad

cases["adaptiveAvgPool"] = F.adaptive_avg_pool2d(x(1, 1, 2, 7, 5), (3, 4))
cases["adaptiveMaxPool"] = F.adaptive_max_pool2d(x(1, 1, 2, 7, 5), (3, 4))
cases["adaptiveMaxPool 3d"] = F.adaptive_max_pool3d(x(1, 1, 1, 3, 4, 5), (2, 2, 3))
cases["lpPool"] = F.lp_pool2d(x(1, 1, 2, 4, 5), 2, (2, 3), stride=(1, 2))
cases["lpPool 3"] = F.lp_pool1d(x(1, 1, 2, 6).abs(), 3, 2)
values, places = F.max_pool2d(x(1, 2, 2, 6, 5), 3, stride=2, padding=1, return_indices=True)
cases["argmaxPool"] = places
values, places = F.max_pool2d(x(1, 1, 2, 4, 6), 2, return_indices=True)
cases["maxUnpool"] = F.max_unpool2d(values, places, 2)
cases["pixelShuffle"] = F.pixel_shuffle(x(1, 1, 8, 2, 3), 2)
cases["pixelUnshuffle"] = F.pixel_unshuffle(x(1, 1, 2, 4, 6), 2)
for size in (1, 2, 3, 4):
    cases[f"localResponseNorm {size}"] = F.local_response_norm(x(1, 1, 5, 2, 2), size, alpha=0.3, beta=0.6, k=1.5)

hann = torch.hann_window(8, dtype=torch.float64)
for name, s in {
    "stft": torch.stft(x(1, 2, 21), 8, 3, window=hann, return_complex=True),
    "stft of a short window": torch.stft(x(1, 21), 8, 3, 5, hann[1:6], normalized=True, return_complex=True),
    "stft uncentred": torch.stft(x(1, 21), 7, 2, window=torch.ones(7, dtype=torch.float64), center=False, return_complex=True),
}.items():
    cases[name] = torch.stack([s.real, s.imag])
s = torch.complex(x(1, 5, 6), x(2, 5, 6))
s[[0, 4]] = s[[0, 4]].real + 0j
cases["istft"] = torch.istft(s, 8, 3, window=hann)
cases["istft of a length"] = torch.istft(s, 8, 3, window=hann, length=14, normalized=True)

print("// Printed by pytorch.py with PyTorch 2.15.0.")
print()
print("/** Values in row-major order, by case. */")
print("export const pytorch: Readonly<Record<string, readonly number[]>> = {")
for name, t in cases.items():
    print(f'  "{name}": {show(t)},')
print("};")

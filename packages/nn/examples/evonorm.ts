import type { Example } from "@gradus/tools";
import { compareLayers, layers } from "./shared/evonorm-layers.ts";
import { searchLayers } from "./shared/evonorm-search.ts";

const example = {
  slug: "evonorm",
  title: "EvoNorm: normalisation and activation as one layer, and the search for such layers",
  paper: "Liu, Brock, Simonyan & Le 2020, Evolving Normalization-Activation Layers",
  claim:
    "In a residual net whose last stage is one place wide, B0 and S0 read as many test images as batch norm with ReLU, within a point, at batches of 64; at batches of 2 batch norm falls by more than three points, S0 stays within one and reads no fewer than group norm with ReLU by half a point. More than 85 % of random layers are rejected before they are trained to the end; evolution finds one that scores at least as high as the best of as many trained random ones, and within two points of batch norm with ReLU.",
  figure: "S0 7.8 points above BN-ReLU with small batches (ImageNet, ResNet-50)",
  headline: ["s0", "s0Small", "b0", "bn", "bnSmall", "gnSmall", "rejected", "evolved", "random", "known"],

  async run(context) {
    const { draw, progress } = context;
    const { sizes, read } = await compareLayers(context, (share, text) => progress(0.4 * share, text));
    const found = await searchLayers(context, (share, text) => progress(0.4 + 0.6 * share, text));
    const [large, small] = sizes;
    const level = Math.min(read("B0", large), read("S0", large)) >= read("BN-ReLU", large) - 0.01;
    const robust =
      read("BN-ReLU", small) < read("BN-ReLU", large) - 0.03 &&
      read("S0", small) >= read("S0", large) - 0.01 &&
      read("S0", small) >= read("GN-ReLU", small) - 0.005;
    const { known, evolved, random, rejected, trained, drawn, reasons, paths } = found;
    return {
      metrics: {
        bn: read("BN-ReLU", large),
        gn: read("GN-ReLU", large),
        gnSilu: read("GN-SiLU", large),
        b0: read("B0", large),
        s0: read("S0", large),
        bnSmall: read("BN-ReLU", small),
        gnSmall: read("GN-ReLU", small),
        gnSiluSmall: read("GN-SiLU", small),
        b0Small: read("B0", small),
        s0Small: read("S0", small),
        rejected,
        rejectedByStructure: (reasons["without x"] ?? 0) + (reasons["even in space"] ?? 0),
        rejectedByProbe: (reasons["not finite"] ?? 0) + (reasons.constant ?? 0),
        rejectedByQuality: reasons.quality ?? 0,
        rejectedByStability: reasons.stability ?? 0,
        trained,
        drawn,
        evolved,
        random,
        known,
      },
      holds: level && robust && rejected > 0.85 && evolved >= random && evolved >= known - 0.02,
      figures: [
        await draw.barChart(
          "layers",
          `Test images misread at batches of ${large} and of ${small}`,
          Object.fromEntries(
            sizes.flatMap((size) => Object.keys(layers).map((name) => [`${name}, ${size}`, 1 - read(name, size)])),
          ),
          { y: "share misread", format: ".2%" },
        ),
        await draw.lineChart("search", "Best mean share of held-out images, by layers trained", paths, {
          x: "layers trained",
          y: "share read",
        }),
      ],
    };
  },
} satisfies Example;
export default example;

import type { Dataset } from "./dataset.ts";
import { idxFolder } from "./folder.ts";

const DEBIAN = "/usr/share/datasets/fashion-mnist";

/**
 * Fashion-MNIST (Xiao et al. 2017): as many images as MNIST, of clothes, from Debian's package dataset-fashion-mnist.
 *
 * @throws {@link DataError} when the package is not installed
 */
export const fashionMnist = (folder: string = DEBIAN): Dataset =>
  idxFolder(
    "fashion-mnist",
    "Fashion-MNIST",
    folder,
    "install Debian's package dataset-fashion-mnist, or give --dataset idx:<folder of the four files>",
  );

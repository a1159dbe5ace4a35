import * as g from "@gradus/tensor";
import type { Table } from "../table.ts";

/** jax.nn. */
export const nn: Table = {
  same: `celu dot_product_attention elu gelu glu hard_sigmoid hard_silu hard_swish leaky_relu log1mexp log_sigmoid log_softmax logmeanexp logsumexp mish one_hot
    relu relu6 selu sigmoid silu softmax softplus sparse_plus sparse_sigmoid squareplus standardize tanh`,
  there: {
    hard_tanh: "hardtanh",
    identity: (x: g.Tensor) => x,
    soft_sign: "softsign",
    swish: "silu",
  },
  absent: {
    "a product of block-scaled 4- and 8-bit floats, which are no dtypes here":
      "get_scaled_dot_general_config scaled_dot_general scaled_matmul",
  },
  missing: "",
};

/** jax.scipy.special. */
export const special: Table = {
  same: `beta betainc betaln boxcox boxcox1p comb dawsn digamma entr erf erfc erfcx erfinv exp1 expi expn factorial fresnel gamma gammainc gammaincc gammasgn i0
    i0e i1 i1e kl_div log_ndtr log_softmax logit logsumexp multigammaln ndtr ndtri poch polygamma rel_entr sici softmax spence xlog1py xlogy zeta`,
  there: {
    bernoulli: "bernoulliNumbers",
    bessel_jn: "besselJ",
    expit: "sigmoid",
    gammaln: "lgamma",
    loggamma: "lgamma",
    sph_harm_y: "sphHarm",
  },
  absent: {
    "Faddeeva's function of complex numbers": "wofz",
  },
  missing: "hyp1f1 hyp2f1 owens_t",
};

/** jax.numpy.linalg. */
export const linalg: Table = {
  same: `cholesky cross det diagonal eigh eigvalsh inv lstsq matmul matrix_norm matrix_power matrix_rank multi_dot outer pinv qr slogdet solve svd svdvals
    tensordot tensorinv tensorsolve trace vecdot vector_norm`,
  there: {
    cond: "conditionNumber",
    matrix_transpose: "transpose",
    norm: (x, ord, axis) => g.vectorNorm(x, { ord, axes: axis }),
  },
  absent: {},
  missing: "eig eigvals",
};

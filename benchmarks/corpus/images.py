"""Images: filters, warps, energies."""

import numpy as np
from numba import njit, prange

from corpus import arrays, by_jax, loops, rng


def picture(n):
    return (rng().random((n, n)),)


def picture_and_filter(n):
    return rng().random((n, n)), rng().standard_normal((3, 3))


def two_pictures(n):
    r = rng()
    return r.random((n, n)), r.random((n, n))


@loops(picture_and_filter, small=6, large=150, argnums=(0, 1))
def convolve_2d(image, kernel):
    """A convolution where the filter fits; Gonzalez and Woods, Digital Image Processing, 3.4."""
    kh, kw = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in prange(out.shape[0]):
        for j in range(out.shape[1]):
            total = 0.0
            for a in range(kh):
                for b in range(kw):
                    total += kernel[kh - 1 - a, kw - 1 - b] * image[i + a, j + b]
            out[i, j] = total
    return out


@by_jax(convolve_2d)
def _(jax, image, kernel):
    return jax.scipy.signal.convolve2d(image, kernel, mode="valid")


@arrays(picture, small=6, large=200, jax=True)
def sobel_edges(image):
    """The sharpness of edges by Sobel's filters; Gonzalez and Woods, Digital Image Processing, 3.6."""
    smooth_x = image[:-2] + 2 * image[1:-1] + image[2:]
    smooth_y = image[:, :-2] + 2 * image[:, 1:-1] + image[:, 2:]
    gx = smooth_x[:, 2:] - smooth_x[:, :-2]
    gy = smooth_y[2:] - smooth_y[:-2]
    return np.hypot(gx, gy).mean()


@loops(lambda n: (rng().random((n, n)), 1.5, 0.3), small=5, large=48, argnums=(0, 1, 2))
def bilateral_filter(image, spatial, tonal):
    """A smoothing that keeps edges; Tomasi and Manduchi, ICCV 1998, equations 3 to 6."""
    h, w = image.shape
    radius = 2
    out = np.empty_like(image)
    for i in range(h):
        for j in range(w):
            total, weights = 0.0, 0.0
            for di in range(-radius, radius + 1):
                for dj in range(-radius, radius + 1):
                    if 0 <= i + di < h and 0 <= j + dj < w:
                        difference = image[i + di, j + dj] - image[i, j]
                        weight = np.exp(-(di**2 + dj**2) / (2 * spatial**2) - difference**2 / (2 * tonal**2))
                        total += weight * image[i + di, j + dj]
                        weights += weight
            out[i, j] = total / weights
    return out


@njit
def reflect(i, n):
    """The index inside of an image that is mirrored at its edges."""
    if i < 0:
        return -i - 1
    if i >= n:
        return 2 * n - i - 1
    return i


@loops(lambda n: (rng().random((n, n)), 1.2), small=6, large=120, argnums=(0, 1))
def gaussian_blur(image, sigma):
    """Gauss's filter by rows and columns, edges mirrored; Gonzalez and Woods, Digital Image Processing, 3.5."""
    radius = 3
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    h, w = image.shape
    rows = np.zeros((h, w))
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            for k in range(-radius, radius + 1):
                rows[i, j] += weights[k + radius] * image[i, reflect(j + k, w)]
    for i in range(h):
        for j in range(w):
            for k in range(-radius, radius + 1):
                out[i, j] += weights[k + radius] * rows[reflect(i + k, h), j]
    return out


def moved(n):
    """(image, target, affine map)"""
    return *two_pictures(n), np.array([0.97, 0.05, 0.31, -0.04, 1.02, 0.17])


@loops(moved, small=6, large=120, argnums=(0, 2))
def registration_error(image, target, transform):
    """The squared difference to an image under an affine map, bilinearly; Szeliski, Computer Vision, 3.6 and 9.2."""
    h, w = image.shape
    error, count = 0.0, 0
    for i in range(h):
        for j in range(w):
            y = transform[0] * i + transform[1] * j + transform[2]
            x = transform[3] * i + transform[4] * j + transform[5]
            y0, x0 = int(np.floor(y)), int(np.floor(x))
            if y0 < 0 or x0 < 0 or y0 + 1 >= h or x0 + 1 >= w:
                continue
            fy, fx = y - y0, x - x0
            top = (1.0 - fx) * image[y0, x0] + fx * image[y0, x0 + 1]
            bottom = (1.0 - fx) * image[y0 + 1, x0] + fx * image[y0 + 1, x0 + 1]
            error += ((1.0 - fy) * top + fy * bottom - target[i, j]) ** 2
            count += 1
    return error / count


@arrays(lambda n: (*two_pictures(n), 0.1), small=6, large=150, argnums=(0, 2), jax=True)
def total_variation(u, noisy, weight):
    """The energy of denoising by total variation; Rudin, Osher and Fatemi, Physica D 60 (1992)."""
    dx = np.diff(u, axis=0)[:, :-1]
    dy = np.diff(u, axis=1)[:-1, :]
    return 0.5 * np.sum((u - noisy) ** 2) + weight * np.sum(np.sqrt(dx**2 + dy**2 + 1e-6))


@loops(lambda n: (*two_pictures(n), 0.5, 2 if n < 9 else 20), small=5, large=64, argnums=(0, 1, 2))
def optical_flow(first, second, alpha, steps):
    """The motion between two images; Horn and Schunck, Artificial Intelligence 17 (1981)."""
    h, w = first.shape
    u, v = np.zeros((h, w)), np.zeros((h, w))
    for _ in range(steps):
        mean_u, mean_v = u.copy(), v.copy()
        for i in range(1, h - 1):
            for j in range(1, w - 1):
                mean_u[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
                mean_v[i, j] = 0.25 * (v[i - 1, j] + v[i + 1, j] + v[i, j - 1] + v[i, j + 1])
        for i in range(1, h - 1):
            for j in range(1, w - 1):
                ex = 0.5 * (first[i, j + 1] - first[i, j - 1])
                ey = 0.5 * (first[i + 1, j] - first[i - 1, j])
                et = second[i, j] - first[i, j]
                p = (ex * mean_u[i, j] + ey * mean_v[i, j] + et) / (alpha**2 + ex**2 + ey**2)
                u[i, j] = mean_u[i, j] - ex * p
                v[i, j] = mean_v[i, j] - ey * p
    return (u * u + v * v).sum()


@arrays(two_pictures, small=6, large=200, argnums=(0, 1), jax=True)
def structural_similarity(x, y):
    """The similarity of two images as a whole; Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Process. 13."""
    mx, my = x.mean(), y.mean()
    vx, vy = x.var(), y.var()
    covariance = ((x - mx) * (y - my)).mean()
    return (2 * mx * my + 1e-4) * (2 * covariance + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))


@arrays(lambda n: (0.1 + rng().random((n, n)), 0.8, 0.6), small=5, large=200, argnums=(0, 1))
def tone_curve(image, gamma, limit):
    """Gamma and a soft clip, by masks; Reinhard et al., High Dynamic Range Imaging, chapter 8."""
    out = image**gamma
    out[out > limit] = limit + (1 - limit) * np.tanh((out[out > limit] - limit) / (1 - limit))
    return out


@arrays(lambda n: (rng().random((2 * n, 2 * n)),), small=3, large=100, jax=True)
def pooled_contrast(image):
    """The spread of averages of two by two; Burt and Adelson, IEEE Trans. Communications 31 (1983)."""
    h, w = image.shape
    blocks = image.reshape(h // 2, 2, w // 2, 2).mean(axis=(1, 3))
    return blocks.std()

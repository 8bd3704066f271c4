"""Reprojection errors of points seen by cameras, and their sparse Jacobian: GradBench, evals/ba.

A camera is a rotation (3, axis times angle), a centre (3), a focal length, a principal point (2) and two coefficients
of radial distortion. All cameras, points and observations are copies of one.
"""

import math

import numpy as np
from numba import njit

from adtrans import differentiate, vjp
from evals import Task

CAMERA = 11  # parameters
POINT = 3
SHOWN = 30  # elements of the Jacobian in an answer, besides the last one


@differentiate
def reprojection_error(camera, point, weight, feature):
    """The weighted distance (2) from `feature` to the image of the point."""
    u, v, w = rotated(camera, point[0] - camera[3], point[1] - camera[4], point[2] - camera[5])
    u, v = u / w, v / w
    square = u * u + v * v
    distortion = 1.0 + square * (camera[9] + camera[10] * square)
    error = np.empty(2)
    error[0] = weight * (u * distortion * camera[6] + camera[7] - feature[0])
    error[1] = weight * (v * distortion * camera[6] + camera[8] - feature[1])
    return error


def rotated(axis, x, y, z):
    """(x, y, z) turned about `axis` by its length, by the formula of Rodrigues."""
    a, b, c = axis[0], axis[1], axis[2]
    square = a * a + b * b + c * c
    if square == 0.0:
        return x + b * z - c * y, y + c * x - a * z, z + a * y - b * x
    angle = math.sqrt(square)
    cosine, sine = math.cos(angle), math.sin(angle)
    a, b, c = a / angle, b / angle, c / angle
    along = (a * x + b * y + c * z) * (1.0 - cosine)
    return (
        x * cosine + (b * z - c * y) * sine + a * along,
        y * cosine + (c * x - a * z) * sine + b * along,
        z * cosine + (a * y - b * x) * sine + c * along,
    )


@differentiate
def weight_error(weight):
    return 1.0 - weight * weight


pullback = vjp(reprojection_error, argnums=("camera", "point", "weight"))
weight_slope = weight_error.grad


@njit
def errors(cameras, points, weights, features, seen):
    """The reprojection errors (p, 2) and the errors of the weights (p)."""
    count = len(weights)
    reprojection, of_weights = np.empty((count, 2)), np.empty(count)
    for i in range(count):
        reprojection[i] = reprojection_error(cameras[seen[i, 0]], points[seen[i, 1]], weights[i], features[i])
        of_weights[i] = weight_error(weights[i])
    return reprojection, of_weights


@njit
def jacobian(cameras, points, weights, features, seen):
    """(row starts, columns, values): two rows for each observation, then one for each weight."""
    count = len(weights)
    first_point = CAMERA * len(cameras)
    first_weight = first_point + POINT * len(points)
    width = CAMERA + POINT + 1
    starts = np.empty(3 * count + 1, np.int32)
    columns = np.empty(2 * count * width + count, np.int32)
    values = np.empty(2 * count * width + count)
    seeds = np.eye(2)
    at = 0
    for i in range(count):
        camera, point = seen[i, 0], seen[i, 1]
        for row in range(2):
            _, (camera_bar, point_bar, weight_bar) = pullback(
                cameras[camera], points[point], weights[i], features[i], seeds[row]
            )
            starts[2 * i + row] = at
            for j in range(CAMERA):
                columns[at + j] = CAMERA * camera + j
                values[at + j] = camera_bar[j]
            at += CAMERA
            for j in range(POINT):
                columns[at + j] = first_point + POINT * point + j
                values[at + j] = point_bar[j]
            at += POINT
            columns[at] = first_weight + i
            values[at] = weight_bar
            at += 1
    for i in range(count):
        starts[2 * count + i] = at
        columns[at] = first_weight + i
        values[at] = weight_slope(weights[i])
        at += 1
    starts[3 * count] = at
    return starts, columns, values


def prepare(given):
    cameras = np.tile(np.array(given["cam"]), (given["n"], 1))
    points = np.tile(np.array(given["x"]), (given["m"], 1))
    observations = np.arange(given["p"])
    seen = np.stack([observations % given["n"], observations % given["m"]], axis=1)
    features = np.tile(np.array(given["feat"]), (given["p"], 1))
    return cameras, points, np.full(given["p"], given["w"]), features, seen


def answer_errors(result):
    reprojection, of_weights = result
    return {
        "reproj_error": {"elements": reprojection[0].tolist(), "repeated": len(reprojection)},
        "w_err": {"element": float(of_weights[0]), "repeated": len(of_weights)},
    }


def answer_jacobian(result):
    return {
        name: [*part[:SHOWN].tolist(), part[-1].item()]
        for name, part in zip(("rows", "cols", "vals"), result, strict=True)
    }


TASKS = {
    "objective": Task(prepare, errors, answer_errors),
    "jacobian": Task(prepare, jacobian, answer_jacobian),
}

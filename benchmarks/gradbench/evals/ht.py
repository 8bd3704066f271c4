"""Distances of measured points from a model of a hand, and their dense Jacobian: GradBench, evals/ht.

`theta` turns and moves the hand (an axis times an angle, 3, and a translation, 3) and bends four joints of each finger.
A measured point belongs to a vertex of the model; or to a place in a triangle, by two barycentric coordinates of its
own, by which its rows of the Jacobian are taken too.
"""

import math

import numpy as np
from numba import njit

from adtrans import differentiate, vjp
from evals import Task

FINGERS = 5
FIRST_BONE = 2  # of the first finger; each has four, of which the last does not move


def bone_transforms(theta, parents, relatives, inverses):
    """What each bone does to the points of the model at rest: (bones, 4, 4)."""
    bones = len(parents)
    angles = np.zeros((bones, 2))
    at = 6
    for finger in range(FINGERS):
        first = FIRST_BONE + 4 * finger
        angles[first, 0] = theta[at]
        angles[first, 1] = theta[at + 1]
        angles[first + 1, 0] = theta[at + 2]
        angles[first + 2, 0] = theta[at + 3]
        at += 4
    absolutes = np.empty((bones, 4, 4))
    transforms = np.empty((bones, 4, 4))
    for bone in range(bones):
        turn = turned_about_x_and_z(angles[bone, 0], angles[bone, 1])
        relative = product(relatives[bone], turn)
        if parents[bone] >= 0:
            relative = product(absolutes[parents[bone]], relative)
        absolutes[bone] = relative
        transforms[bone] = product(relative, inverses[bone])
    return transforms


def turned_about_x_and_z(x, z):
    """The rotation by x about the first axis, then by z about the third."""
    turn = np.zeros((4, 4))
    turn[0, 0] = math.cos(z)
    turn[0, 1] = -math.sin(z) * math.cos(x)
    turn[0, 2] = math.sin(z) * math.sin(x)
    turn[1, 0] = math.sin(z)
    turn[1, 1] = math.cos(z) * math.cos(x)
    turn[1, 2] = -math.cos(z) * math.sin(x)
    turn[2, 1] = math.sin(x)
    turn[2, 2] = math.cos(x)
    turn[3, 3] = 1.0
    return turn


def product(a, b):
    """The product of 4 x 4 matrices."""
    c = np.zeros((4, 4))
    for i in range(4):
        for k in range(4):
            for j in range(4):
                c[i, j] += a[i, k] * b[k, j]
    return c


def rotation(axis):
    """The rotation about `axis` by its length."""
    turn = np.eye(3)
    angle = math.sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2])
    if angle >= 1e-4:
        x, y, z = axis[0] / angle, axis[1] / angle, axis[2] / angle
        sine, cosine = math.sin(angle), math.cos(angle)
        turn[0, 0] = x * x + (1.0 - x * x) * cosine
        turn[0, 1] = x * y * (1.0 - cosine) - z * sine
        turn[0, 2] = x * z * (1.0 - cosine) + y * sine
        turn[1, 0] = x * y * (1.0 - cosine) + z * sine
        turn[1, 1] = y * y + (1.0 - y * y) * cosine
        turn[1, 2] = y * z * (1.0 - cosine) - x * sine
        turn[2, 0] = x * z * (1.0 - cosine) - y * sine
        turn[2, 1] = y * z * (1.0 - cosine) + x * sine
        turn[2, 2] = z * z + (1.0 - z * z) * cosine
    return turn


def position(theta, transforms, turn, rest, shares, mirrored):
    """Where a vertex is: `shares` says how far it follows each bone."""
    skinned = np.zeros(3)
    for bone in range(len(shares)):
        for i in range(3):
            for j in range(4):
                skinned[i] += shares[bone] * transforms[bone, i, j] * rest[j]
    if mirrored:
        skinned[0] = -skinned[0]
    moved = np.empty(3)
    for i in range(3):
        moved[i] = theta[3 + i] + turn[i, 0] * skinned[0] + turn[i, 1] * skinned[1] + turn[i, 2] * skinned[2]
    return moved


@differentiate
def vertices(theta, parents, relatives, inverses, rest, shares, mirrored):
    """Where all vertices are."""
    transforms = bone_transforms(theta, parents, relatives, inverses)
    turn = rotation(theta)
    moved = np.empty((len(rest), 3))
    for v in range(len(rest)):
        moved[v] = position(theta, transforms, turn, rest[v], shares[v], mirrored)
    return moved


@differentiate
def vertex_error(theta, vertex, point, parents, relatives, inverses, rest, shares, mirrored):
    """The difference (3) of a measured point from a vertex."""
    transforms = bone_transforms(theta, parents, relatives, inverses)
    return point - position(theta, transforms, rotation(theta), rest[vertex], shares[vertex], mirrored)


@differentiate
def triangle_error(theta, u, corners, point, parents, relatives, inverses, rest, shares, mirrored):
    """The difference (3) of a measured point from the place `u` in a triangle."""
    transforms = bone_transforms(theta, parents, relatives, inverses)
    turn = rotation(theta)
    a = position(theta, transforms, turn, rest[corners[0]], shares[corners[0]], mirrored)
    b = position(theta, transforms, turn, rest[corners[1]], shares[corners[1]], mirrored)
    c = position(theta, transforms, turn, rest[corners[2]], shares[corners[2]], mirrored)
    return point - (u[0] * a + u[1] * b + (1.0 - u[0] - u[1]) * c)


vertex_pullback = vjp(vertex_error, argnums="theta")
triangle_pullback = vjp(triangle_error, argnums=("u", "theta"))


@njit
def objective(theta, us, corners, points, parents, relatives, inverses, rest, shares, mirrored):
    """All differences, one after the other. `us` is empty where `corners` has vertices, one for each point."""
    moved = vertices(theta, parents, relatives, inverses, rest, shares, mirrored)
    errors = np.empty((len(points), 3))
    for i in range(len(points)):
        for j in range(3):
            if len(us) == 0:
                place = moved[corners[i, 0], j]
            else:
                u, v = us[i, 0], us[i, 1]
                a, b, c = moved[corners[i, 0], j], moved[corners[i, 1], j], moved[corners[i, 2], j]
                place = u * a + v * b + (1.0 - u - v) * c
            errors[i, j] = points[i, j] - place
    return errors.ravel()


@njit
def jacobian(theta, us, corners, points, parents, relatives, inverses, rest, shares, mirrored):
    """Three rows for each point: by its own u, where there are such, and by theta."""
    own = us.shape[1]
    model = (parents, relatives, inverses, rest, shares, mirrored)
    rows = np.empty((3 * len(points), own + len(theta)))
    seeds = np.eye(3)
    for i in range(len(points)):
        for j in range(3):
            row = rows[3 * i + j]
            if own == 0:
                _, row[:] = vertex_pullback(theta, corners[i, 0], points[i], *model, seeds[j])
            else:
                _, (u_bar, theta_bar) = triangle_pullback(theta, us[i], corners[i], points[i], *model, seeds[j])
                row[:own] = u_bar
                row[own:] = theta_bar
    return rows


def prepare(given):
    data = given["data"]
    model = data["model"]
    us = np.array(given["us"], dtype=float)
    found = np.array(data["correspondences"])
    corners = np.array(model["triangles"])[found] if len(us) else found[:, None]
    names = ("base_relatives", "inverse_base_absolutes", "base_positions", "weights")
    arrays = (np.array(model[name]) for name in names)
    return (
        np.array(given["theta"]),
        us if len(us) else np.empty((0, 0)),
        corners,
        np.array(data["points"]),
        np.array(model["parents"]),
        *arrays,
        model["is_mirrored"],
    )


TASKS = {
    "objective": Task(prepare, objective, np.ndarray.tolist),
    "jacobian": Task(prepare, jacobian, np.ndarray.tolist),
}

"""Geometry: curves, meshes, rotations, rays, points on the Earth."""

import math

import numpy as np
from numba import njit

from corpus import arrays, by_jax, loops, rng


def polygon(n):
    angles = np.linspace(0.0, 6.0, n)
    return ((1.0 + 0.3 * rng().random(n))[:, None] * np.stack((np.cos(angles), np.sin(angles)), 1),)


@loops(polygon, small=5, large=5000)
def isoperimetric_ratio(points):
    """Area over squared length by the shoelace formula; Berg et al., Computational Geometry; Meister 1769."""
    n = len(points)
    area = 0.0
    length = 0.0
    for i in range(n):
        x0, y0 = points[i - 1]
        x1, y1 = points[i]
        area += 0.5 * (x0 * y1 - x1 * y0)
        length += math.hypot(x1 - x0, y1 - y0)
    return 4.0 * math.pi * area / length**2


@by_jax(isoperimetric_ratio)
def _(jax, points):
    jnp = jax.numpy
    x1, y1 = points.T
    x0, y0 = jnp.roll(x1, 1), jnp.roll(y1, 1)
    return 4.0 * jnp.pi * 0.5 * jnp.sum(x0 * y1 - x1 * y0) / jnp.sum(jnp.hypot(x1 - x0, y1 - y0)) ** 2


def mesh(n):
    r = rng()
    return r.standard_normal((n, 3)), np.stack([r.permutation(n)[:3] for _ in range(2 * n)])


@loops(mesh, small=5, large=1000)
def mesh_volume(vertices, faces):
    """The volume inside of triangles, by the divergence theorem; Zhang and Chen, ICIP 2001."""
    volume = 0.0
    for f in range(faces.shape[0]):
        a = vertices[faces[f, 0]]
        b = vertices[faces[f, 1]]
        c = vertices[faces[f, 2]]
        volume += np.dot(a, np.cross(b, c)) / 6.0
    return volume


@by_jax(mesh_volume)
def _(jax, vertices, faces):
    jnp = jax.numpy
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return jnp.sum(a * jnp.cross(b, c)) / 6.0


@arrays(mesh, small=5, large=1000, jax=True)
def mesh_area(vertices, faces):
    """The area of triangles, half a cross product each; Botsch et al., Polygon Mesh Processing, 3.3."""
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    normals = np.cross(b - a, c - a)
    return 0.5 * np.sum(np.sqrt(np.sum(normals**2, axis=1)))


@njit
def rotate(axis_angle, point):
    """Rodrigues' formula."""
    theta2 = axis_angle[0] ** 2 + axis_angle[1] ** 2 + axis_angle[2] ** 2
    if theta2 == 0.0:
        return point + np.cross(axis_angle, point)
    theta = math.sqrt(theta2)
    axis = axis_angle / theta
    along = np.dot(axis, point) * (1.0 - math.cos(theta))
    return point * math.cos(theta) + np.cross(axis, point) * math.sin(theta) + axis * along


def cameras(n):
    """(camera: rotation, centre, focal length, two distortions, principal point; points; images)"""
    r = rng()
    camera = np.array([0.1, -0.2, 0.3, 0.0, 0.1, -4.0, 1.5, 0.01, 0.002, 0.2, 0.1])
    return camera, r.random((n, 3)), r.random((n, 2))


@loops(cameras, small=3, large=500, argnums=(0, 1))
def reprojection_error(camera, points, images):
    """Bundle adjustment's objective for a camera with distortion; Triggs et al., Bundle Adjustment (2000), 2.2."""
    total = 0.0
    for i in range(len(points)):
        p = rotate(camera[:3], points[i] - camera[3:6])
        x, y = p[0] / p[2], p[1] / p[2]
        r2 = x * x + y * y
        distortion = 1.0 + camera[7] * r2 + camera[8] * r2 * r2
        u = camera[6] * distortion * x + camera[9]
        v = camera[6] * distortion * y + camera[10]
        total += (u - images[i, 0]) ** 2 + (v - images[i, 1]) ** 2
    return total


@loops(lambda n: (rng().random((n, 2)), rng().random((n + 2, 2)) + 0.1), small=4, large=150, argnums=(0, 1))
def chamfer_distance(a, b):
    """The mean squared distance to the nearest point, both ways; Fan, Su and Guibas, CVPR 2017."""
    total = 0.0
    for i in range(a.shape[0]):
        best = np.inf
        for j in range(b.shape[0]):
            best = min(best, (a[i, 0] - b[j, 0]) ** 2 + (a[i, 1] - b[j, 1]) ** 2)
        total += best / a.shape[0]
    for j in range(b.shape[0]):
        best = np.inf
        for i in range(a.shape[0]):
            best = min(best, (a[i, 0] - b[j, 0]) ** 2 + (a[i, 1] - b[j, 1]) ** 2)
        total += best / b.shape[0]
    return total


@by_jax(chamfer_distance)
def _(jax, a, b):
    jnp = jax.numpy
    squares = jnp.sum((a[:, None] - b[None]) ** 2, -1)
    return jnp.mean(jnp.min(squares, 1)) + jnp.mean(jnp.min(squares, 0))


@njit
def haversine(lat1, lon1, lat2, lon2, radius=6371.0):
    """The great-circle distance in kilometres."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    d_lon = math.radians(lon2 - lon1)
    a = math.sin(0.5 * (p2 - p1)) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(0.5 * d_lon) ** 2
    return 2.0 * radius * math.atan2(math.sqrt(a), math.sqrt(1.0 - a))


@loops(lambda n: (50 * rng().random(n), 90 * rng().random(n)), small=5, large=2000, argnums=(0, 1))
def track_length(latitudes, longitudes):
    """The length of a track on the Earth; Sinnott, Virtues of the haversine, Sky and Telescope 68 (1984)."""
    length = 0.0
    for i in range(1, len(latitudes)):
        length += haversine(latitudes[i - 1], longitudes[i - 1], latitudes[i], longitudes[i])
    return length


@loops(lambda n: (rng().random((4, 2)), np.linspace(0.0, 1.0, n)), small=4, large=1000)
def bezier_length(control, ts):
    """The length of a Bezier curve by de Casteljau's algorithm; Farin, Curves and Surfaces for CAGD, chapter 4."""
    length = 0.0
    previous = control[0].copy()
    for t in ts:
        points = control.copy()
        for level in range(len(points) - 1, 0, -1):
            for i in range(level):
                points[i] = (1.0 - t) * points[i] + t * points[i + 1]
        length += np.sqrt(np.sum((points[0] - previous) ** 2) + 1e-9)
        previous[:] = points[0]
    return length


@njit
def hit_sphere(origin, direction, centre, radius):
    """The distance along a ray to a sphere, -1 where it misses."""
    oc = origin - centre
    b = np.dot(oc, direction)
    c = np.dot(oc, oc) - radius * radius
    discriminant = b * b - c
    if discriminant < 0.0:
        return -1.0
    return -b - math.sqrt(discriminant)


def scene(n):
    """(centres, radii, light, size)"""
    r = rng()
    centres = np.column_stack((r.random(5) - 0.5, r.random(5) - 0.5, 2.0 + r.random(5)))
    return centres, 0.2 + 0.2 * r.random(5), np.array([0.6, 0.6, -0.52]), n


@loops(scene, small=5, large=48, argnums=(0, 1, 2))
def shaded_spheres(centres, radii, light, size):
    """An image of spheres with Lambert's shading; Pharr, Jakob and Humphreys, Physically Based Rendering, 6.2."""
    image = np.zeros((size, size))
    origin = np.zeros(3)
    for i in range(size):
        for j in range(size):
            direction = np.array([(j + 0.5) / size - 0.5, (i + 0.5) / size - 0.5, 1.0])
            direction /= np.linalg.norm(direction)
            nearest, hit = np.inf, -1
            for k in range(len(radii)):
                t = hit_sphere(origin, direction, centres[k], radii[k])
                if t > 0.0 and t < nearest:
                    nearest, hit = t, k
            if hit >= 0:
                normal = (nearest * direction - centres[hit]) / radii[hit]
                image[i, j] = 0.1 + max(0.0, np.dot(normal, light))
    return image


@loops(lambda n: (rng().standard_normal(4), rng().standard_normal((n, 4))), small=4, large=2000, argnums=(0, 1))
def quaternion_chain(start, steps):
    """The angle of many rotations after each other; Shoemake, Animating rotation with quaternion curves (1985)."""
    w, x, y, z = start
    for k in range(steps.shape[0]):
        a, b, c, d = steps[k, 0], steps[k, 1], steps[k, 2], steps[k, 3]
        w, x, y, z = (
            w * a - x * b - y * c - z * d,
            w * b + x * a + y * d - z * c,
            w * c - x * d + y * a + z * b,
            w * d + x * c - y * b + z * a,
        )
        norm = math.sqrt(w * w + x * x + y * y + z * z)
        w, x, y, z = w / norm, x / norm, y / norm, z / norm
    return w

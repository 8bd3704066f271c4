"""The training of train_mnist.py on a GPU: weights and digits stay there for the whole run.

The gradient is adtrans's, of the same function; what is around it, the choice of digits and the step, are kernels.
"""

from numba import cuda

THREADS = 256


@cuda.jit
def choose(images, labels, order, some_images, some_labels):
    """Copies the digits with the numbers in `order`."""
    width = images.shape[1]
    for n in range(cuda.grid(1), order.size * width, cuda.gridsize(1)):
        i, pixel = n // width, n % width
        some_images[i, pixel] = images[order[i], pixel]
        if pixel == 0:
            some_labels[i] = labels[order[i]]


@cuda.jit
def descend(weights, gradient, lr):
    """One step of gradient descent."""
    for n in range(cuda.grid(1), weights.size, cuda.gridsize(1)):
        weights[n] -= lr * gradient[n]


def blocks(count):
    return min(1024, -(-count // THREADS))


class Trainer:
    """Weights and digits on the GPU. `gradient(*weights, images, labels)` gives the loss and its gradient."""

    def __init__(self, gradient, weights, images, labels):
        self.gradient, self.host = gradient, weights
        self.weights = [cuda.to_device(w) for w in weights]
        self.images, self.labels = cuda.to_device(images), cuda.to_device(labels)

    def epoch(self, order, batch, lr):
        """The mean loss on the way through the digits in the given order; nothing is waited for until the end."""
        order, losses = cuda.to_device(order), []
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            images = cuda.device_array((chosen.size, self.images.shape[1]), self.images.dtype)
            labels = cuda.device_array(chosen.size, self.labels.dtype)
            choose[blocks(images.size), THREADS](self.images, self.labels, chosen, images, labels)
            value, gradients = self.gradient(*self.weights, images, labels)
            for w, w_bar in zip(self.weights, gradients, strict=True):
                descend[blocks(w.size), THREADS](w.reshape(w.size), w_bar.reshape(w.size), lr)
            losses.append((value, chosen.size))
        return sum(value.copy_to_host()[0] * size for value, size in losses) / len(order)

    def copy_back(self):
        """The weights copied into those on the host, in place."""
        for host, w in zip(self.host, self.weights, strict=True):
            w.copy_to_host(host)

"""The reference values in weights_test.cpp, by SciPy: /usr/bin/python3 tests/analysis/weights_reference.py"""
import numpy as np
from scipy.optimize import minimize, nnls

MEMBERS, ROWS, CLASSES = 4, 30, 3
RIDGES = [1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10]
state = 12345


def uniform():
    """The same numbers as in the test."""
    global state
    state = (1103515245 * state + 12345) % 2**31
    return state / 2**31


def classes():
    labels = np.arange(ROWS) % CLASSES
    members = np.zeros((MEMBERS, ROWS, CLASSES), dtype=np.float32)
    for member in range(MEMBERS):
        for row in range(ROWS):
            z = np.array([uniform() for _ in range(CLASSES)])
            z[labels[row]] += 0.2 + (1.5 if row % 4 == member else 0)
            members[member, row] = (z / z.sum()).astype(np.float32)
    return members.astype(float), labels


def sines():
    truth = np.sin(np.arange(ROWS)).astype(np.float32)
    members = np.zeros((MEMBERS, ROWS, 2), dtype=np.float32)
    for member in range(MEMBERS):
        for row in range(ROWS):
            members[member, row] = [truth[row] + (uniform() - 0.5) * 0.8 + 0.05 * member, 0.02 + 0.1 * uniform()]
    return members.astype(float), truth.astype(float)


def optimal_pool(likelihood):
    """[members × truths]: the weights and the negative log-likelihood."""
    found = minimize(lambda w: -np.log(w @ likelihood).sum(), np.full(MEMBERS, 1 / MEMBERS),
                     jac=lambda w: -(likelihood / (w @ likelihood)).sum(1), bounds=[(0, 1)] * MEMBERS,
                     constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(MEMBERS)},
                     method="SLSQP", options={"ftol": 1e-14, "maxiter": 1000})
    return found.x.tolist(), float(found.fun)


def stack(x, y):
    """x [members × rows × numbers], y [rows × numbers]"""
    def solve(rows, ridge):
        a = np.einsum("mvc,nvc->mn", x[:, rows], x[:, rows])
        b = np.einsum("mvc,vc->m", x[:, rows], y[rows])
        root = np.linalg.cholesky(a + ridge * np.trace(a) / MEMBERS * np.eye(MEMBERS))
        w, _ = nnls(root.T, np.linalg.solve(root, b))
        return w / w.sum()

    def error(ridge):
        parts = [np.arange(ROWS) % 5 == part for part in range(5)]
        return sum(((np.einsum("m,mvc->vc", solve(~part, ridge), x[:, part]) - y[part]) ** 2).sum() for part in parts)

    ridge = min(reversed(RIDGES), key=error)
    return solve(np.full(ROWS, True), ridge).tolist()


members, labels = classes()
print("classes, pool ", *optimal_pool(members[:, np.arange(ROWS), labels]))
print("classes, stack", stack(members, np.eye(CLASSES)[labels]))
members, truth = sines()
log_density = -0.5 * (np.log(members[..., 1]) + (members[..., 0] - truth) ** 2 / members[..., 1])
print("numbers, pool ", *optimal_pool(np.exp(log_density - log_density.max(0))))
print("numbers, stack", stack((members[..., :1] - truth.mean()) / truth.std(), ((truth - truth.mean()) / truth.std())[:, None]))
a = np.array([[4, 1, 0.5], [1, 3, -1], [0.5, -1, 2]])
root = np.linalg.cholesky(a)
print("least squares ", nnls(root.T, np.linalg.solve(root, np.array([1, -2, 3])))[0].tolist())

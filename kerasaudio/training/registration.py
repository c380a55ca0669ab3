"""Makes Keras know kerasaudio's own layers, losses and metrics, and sets its settings.

Keras loads a .keras file only if the classes in it are registered, which importing their modules
does. That must not make `import kerasaudio` import Keras, so it happens when Keras is imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from kerasaudio.training.backend import BACKEND, loaded_backend, set_keras_settings

MODULES = (  # those that register classes
    "kerasaudio.frontends.causal_log_mel",
    "kerasaudio.frontends.log_mel",
    "kerasaudio.frontends.low_pass",
    "kerasaudio.frontends.mixup",
    "kerasaudio.frontends.sound_augmentations",
    "kerasaudio.frontends.spec_augment",
    "kerasaudio.frontends.spectrogram",
    "kerasaudio.frontends.standardize",
    "kerasaudio.frontends.windows",
    "kerasaudio.models.ensemble",
    "kerasaudio.models.shuffled_frames",
    "kerasaudio.models.windowed",
    "kerasaudio.training.embedding_layer",
    "kerasaudio.training.losses",
    "kerasaudio.training.metrics",
)


def register() -> None:
    """Registers all own classes with Keras; imports Keras if that has not been done."""
    for name in MODULES:
        importlib.import_module(name)


def register_with_keras() -> None:
    """Registers all own classes as soon as Keras is imported, or now if it is.

    Nothing is done where Keras has another backend than TensorFlow.
    """
    if "keras" in sys.modules:
        if loaded_backend() == BACKEND:
            set_keras_settings()
            register()
    elif not any(isinstance(finder, _KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasFinder())


class _KerasFinder(MetaPathFinder):
    """Finds Keras as it would be found anyway, and registers the classes once it is there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec("keras")
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_and_register(module: ModuleType) -> None:
                execute(module)
                if loaded_backend() != BACKEND:
                    return
                set_keras_settings()
                if not _importing_own_module():  # whose classes may not be there yet
                    register()

            spec.loader.exec_module = exec_and_register  # type: ignore[method-assign]
        return spec


def _importing_own_module() -> bool:
    """Whether Keras is being imported by one of the modules here."""
    return any(
        getattr(module.__spec__, "_initializing", False)
        for name, module in list(sys.modules.items())
        if name.startswith("kerasaudio.")
    )

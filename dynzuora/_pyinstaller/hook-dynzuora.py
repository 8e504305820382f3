"""PyInstaller's hook: every module, since names are imported when they are first used, and all data."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules

hiddenimports = [name for name in collect_submodules("dynzuora") if "_pyinstaller" not in name]
# `dynzuora stubs` copies the source of the package's first module.
datas = collect_data_files("dynzuora") + collect_data_files(
    "dynzuora", include_py_files=True, includes=["__init__.py"]
)

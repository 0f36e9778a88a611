"""A window in which the indicators of a chart are added, removed and adjusted. Qt."""
# pyright: reportUnknownMemberType=false
# PyQt6's stubs leave the type of a slot unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeyEvent
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QMenu,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from upbit_ws_qt_widgets.models.chart_overlays import MOST_INDICATORS
from upbit_ws_qt_widgets.models.indicators import INDICATORS, Indicator, Parameter

from .palette import themed

if TYPE_CHECKING:
    from .commands import CommandableWidget

__all__ = ["IndicatorDialog"]

_DECIMALS = 2
_STEP = 0.1


# State: the indicators there were when it was opened, those it shows, and the fields of the one
# that is chosen.
class IndicatorDialog(QDialog):
    """The chart's indicators in a list, and the settings of the chosen one beside it.

    Each change is seen on the chart at once; Cancel takes all of them back. Several of one kind are
    several entries.
    """

    def __init__(self, chart: CommandableWidget) -> None:
        super().__init__(chart)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._before = chart.indicators()
        self._shown: tuple[Indicator, ...] = ()
        self._list = QListWidget(self)
        self._list.currentRowChanged.connect(self._show_settings)
        self._kinds = QMenu(self)
        self._kinds.triggered.connect(self._add)
        self._add_button = QPushButton(self)
        self._add_button.setMenu(self._kinds)
        self._remove_button = QPushButton(self)
        self._remove_button.clicked.connect(self._remove)
        self._title = QLabel(self)
        self._title.setWordWrap(True)
        self._form = QWidget(self)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        self._retranslate()
        self._reload(0)
        chart.barsChanged.connect(self._follow)
        chart.languageChanged.connect(self._retranslate)
        chart.themeChanged.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        left, right, buttons = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        buttons.addWidget(self._add_button)
        buttons.addWidget(self._remove_button)
        left.addWidget(self._list)
        left.addLayout(buttons)
        right.addWidget(self._title)
        right.addWidget(self._form)
        right.addStretch(1)
        both = QHBoxLayout()
        both.addLayout(left, 1)
        both.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.addLayout(both)
        whole.addWidget(self._buttons)

    def _chart(self) -> CommandableWidget:
        # Kept as an attribute it would close a cycle: a parent keeps its children.
        return cast("CommandableWidget", self.parentWidget())

    # -- what is shown -------------------------------------------------------------------------

    def _follow(self) -> None:
        """The chart changed; somebody else may have chosen other indicators."""
        if self._chart().chartState().overlays.chosen != self._shown:
            self._reload(self._list.currentRow())

    def _reload(self, row: int) -> None:
        """Show the chart's indicators, the one at ``row`` chosen."""
        self._shown = self._chart().chartState().overlays.chosen
        self._list.blockSignals(True)  # noqa: FBT003 - Qt
        self._list.clear()
        self._list.addItems([one.label for one in self._shown])
        self._list.setCurrentRow(min(row, len(self._shown) - 1))
        self._list.blockSignals(False)  # noqa: FBT003 - Qt
        self._add_button.setEnabled(len(self._shown) < MOST_INDICATORS)
        self._show_settings(self._list.currentRow())

    def _show_settings(self, row: int) -> None:
        """A field for each setting of the indicator at ``row``."""
        former, self._form = self._form, QWidget(self)
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        language = self._chart().getLanguage()
        self._remove_button.setEnabled(row >= 0)
        if row < 0:
            self._title.setText(self._chart().text("chart.indicators.none"))
        else:
            spec, values = self._shown[row].spec, self._shown[row].settings
            self._title.setText(f"{spec.title.text(language)} ({spec.short})")
            for parameter, value in zip(spec.parameters, values, strict=True):
                field = _field(parameter, value)
                field.setObjectName(parameter.name)
                field.valueChanged.connect(self._set)
                form.addRow(parameter.title.text(language), field)
        layout = cast("QVBoxLayout", self.layout())
        layout.replaceWidget(former, self._form)
        former.hide()
        # Its field may be the one that is telling of a change.
        former.deleteLater()

    def _retranslate(self) -> None:
        chart = self._chart()
        language = chart.getLanguage()
        self.setWindowTitle(chart.text("chart.menu.indicators"))
        self._list.setAccessibleName(chart.text("chart.menu.indicators"))
        self._add_button.setText(chart.text("chart.indicators.add"))
        self._remove_button.setText(chart.text("chart.indicators.remove"))
        for kind, key in (
            (QDialogButtonBox.StandardButton.Ok, "chart.indicators.done"),
            (QDialogButtonBox.StandardButton.Cancel, "chart.export.cancel"),
        ):
            button = self._buttons.button(kind)
            if button is not None:
                button.setText(chart.text(key))
        self._kinds.clear()
        for spec in INDICATORS.specs():
            action = QAction(f"{spec.title.text(language)} ({spec.short})", self._kinds)
            action.setData(spec.key)
            self._kinds.addAction(action)
        self._show_settings(self._list.currentRow())

    def _restyle(self) -> None:
        colours = themed(self._chart().palette(), self._chart().themeColors())
        self.setPalette(colours)
        self._kinds.setPalette(colours)

    # -- what is chosen ------------------------------------------------------------------------

    def _add(self, action: QAction) -> None:
        """Another indicator of a kind; where there is one like it, the next length that is free."""
        spec = INDICATORS.spec(action.data())
        wanted, whole = spec.chosen(), spec.parameters[0] if spec.parameters else None
        while wanted in self._shown and whole is not None:
            following = wanted.settings[0] + 1
            if following > whole.highest:
                break
            wanted = spec.chosen({whole.name: following})
        self._choose([*self._shown, wanted], len(self._shown))

    def _remove(self) -> None:
        row = self._list.currentRow()
        self._choose([*self._shown[:row], *self._shown[row + 1 :]], row)

    def _set(self, value: float) -> None:
        field, row = cast("QWidget", self.sender()), self._list.currentRow()
        one = self._shown[row]
        settings = dict(zip((p.name for p in one.spec.parameters), one.settings, strict=True))
        changed = one.spec.chosen({**settings, field.objectName(): value})
        self._shown = (*self._shown[:row], changed, *self._shown[row + 1 :])
        item = self._list.item(row)
        if item is not None:
            item.setText(changed.label)
        self._chart().setIndicators([one.saved() for one in self._shown])

    def _choose(self, indicators: list[Indicator], row: int) -> None:
        self._chart().setIndicators([one.saved() for one in indicators])
        self._reload(row)

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        # In a field Enter takes its number, and must not close the window as well.
        if a0 is None or a0.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(a0)

    def reject(self) -> None:
        self._chart().setIndicators(self._before)
        super().reject()


def _field(parameter: Parameter, value: float) -> QSpinBox | QDoubleSpinBox:
    """A field for a number with its limits; what is being typed does not count yet."""
    field: Any
    if isinstance(parameter.default, int):
        field = QSpinBox()
        field.setRange(int(parameter.lowest), int(parameter.highest))
        field.setValue(int(value))
    else:
        field = QDoubleSpinBox()
        field.setDecimals(_DECIMALS)
        field.setSingleStep(_STEP)
        field.setRange(parameter.lowest, parameter.highest)
        field.setValue(value)
    field.setKeyboardTracking(False)
    field.setToolTip(f"{parameter.lowest:g} – {parameter.highest:g}")
    return cast("QSpinBox | QDoubleSpinBox", field)

import type { ComponentChildren } from "preact";
import type { Evaluation, Measured } from "../../records";
import { measured } from "./words";

const SIZE = 240;
const LEFT = 38;
const BOTTOM = 34;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const SMALLEST_DOT = 2.5;
const LARGEST_DOT = 8;

/** The colour of a line is its class; both have a shape or a dash of their own as well. */
export type Side = "production" | "challenger";
export type Curves = Partial<Record<Side, Evaluation>>;

const x = (value: number): number => LEFT + value * SIZE;
const y = (value: number): number => SIZE * (1 - value) + 6;

/** A square from 0 to 1 both ways, with its diagonal. */
function UnitSquare(props: {
  title: string;
  across: string;
  up: string;
  says: string;
  children: ComponentChildren;
}) {
  return (
    <figure class="plot">
      <figcaption>{props.title}</figcaption>
      <svg
        viewBox={`0 0 ${LEFT + SIZE + 8} ${SIZE + 6 + BOTTOM}`}
        role="img"
        aria-label={props.says}
      >
        {TICKS.map((tick) => (
          <g key={tick} class="tick">
            <line x1={x(tick)} x2={x(tick)} y1={y(0)} y2={y(1)} />
            <line x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} />
            <text x={x(tick)} y={y(0) + 14} text-anchor="middle">
              {tick}
            </text>
            <text x={LEFT - 5} y={y(tick) + 4} text-anchor="end">
              {tick}
            </text>
          </g>
        ))}
        <line class="diagonal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
        {props.children}
        <text class="axis" x={x(0.5)} y={y(0) + 30} text-anchor="middle">
          {props.across}
        </text>
        <text class="axis" transform={`translate(10 ${y(0.5)}) rotate(-90)`} text-anchor="middle">
          {props.up}
        </text>
      </svg>
    </figure>
  );
}

export function RocPlot({ curves }: { curves: Curves }) {
  return (
    <UnitSquare
      title="ROC"
      across="1 − specificity"
      up="sensitivity"
      says={`ROC curves. ${aurocsInWords(curves)}`}
    >
      {sides(curves).map(([side, { roc }]) => (
        <polyline
          key={side}
          class={`curve ${side}`}
          points={roc.map((at) => `${x(at.falsePositiveRate)},${y(at.sensitivity)}`).join(" ")}
        />
      ))}
    </UnitSquare>
  );
}

/** A well calibrated model lies on the diagonal; a dot is as large as its bin is full. */
export function ReliabilityPlot({ curves }: { curves: Curves }) {
  return (
    <UnitSquare
      title="Reliability"
      across="predicted probability"
      up="share herniated"
      says={`Predicted probability against the share that is herniated. ${reliabilityInWords(curves)}`}
    >
      {sides(curves).map(([side, { reliability }]) => {
        const fullest = Math.max(1, ...reliability.map(({ count }) => count));
        return (
          <g key={side} class={`bins ${side}`}>
            <polyline
              class={`curve ${side}`}
              points={reliability.map((bin) => `${x(bin.predicted)},${y(bin.observed)}`).join(" ")}
            />
            {reliability.map((bin) => (
              <circle
                key={bin.predicted}
                cx={x(bin.predicted)}
                cy={y(bin.observed)}
                r={Math.max(SMALLEST_DOT, LARGEST_DOT * Math.sqrt(bin.count / fullest))}
              >
                <title>
                  {`${bin.count} discs: predicted ${bin.predicted.toFixed(2)}, herniated ${bin.observed.toFixed(2)}`}
                </title>
              </circle>
            ))}
          </g>
        );
      })}
    </UnitSquare>
  );
}

/** A value with its interval on a line from `from` to 1. */
export function Interval({ of, side, from }: { of: Measured; side: Side; from: number }) {
  const at = (value: number): number => (100 * (Math.max(value, from) - from)) / (1 - from);
  return (
    <svg
      class={`interval ${side}`}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <line class="whole" x1="0" x2="100" y1="4" y2="4" />
      <line class="range" x1={at(of.low)} x2={at(of.high)} y1="4" y2="4" />
      <line class="value" x1={at(of.value)} x2={at(of.value)} y1="0.5" y2="7.5" />
    </svg>
  );
}

function sides(curves: Curves): [Side, Evaluation][] {
  return (["production", "challenger"] as const).flatMap((side) => {
    const evaluation = curves[side];
    return evaluation ? [[side, evaluation] as [Side, Evaluation]] : [];
  });
}

function aurocsInWords(curves: Curves): string {
  return sides(curves)
    .map(
      ([side, { metrics }]) => metrics["auroc"] && `${side}: AUROC ${measured(metrics["auroc"])}`,
    )
    .filter(Boolean)
    .join("; ");
}

function reliabilityInWords(curves: Curves): string {
  return sides(curves)
    .map(([side, { reliability }]) => {
      const bins = reliability.map((b) => `${b.predicted.toFixed(2)} → ${b.observed.toFixed(2)}`);
      return `${side}: ${bins.join(", ")}`;
    })
    .join("; ");
}

import type { ComponentChildren } from "preact";

interface ProblemProps {
  title: string;
  message: string;
  /** A sentence on whether anything was lost, and the next step. */
  children?: ComponentChildren;
}

/** A page-sized error: what happened, whether anything was lost, what to do next. */
export function Problem({ title, message, children }: ProblemProps) {
  return (
    <section class="problem" role="alert">
      <h1>{title}</h1>
      <p>{message}</p>
      {children && <div class="problem-next">{children}</div>}
    </section>
  );
}

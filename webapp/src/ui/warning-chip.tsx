/** A sentence that a person should heed before they believe what stands beside it. */
export function WarningChip({ warning }: { warning: string }) {
  return (
    <span class="chip warning">
      <span aria-hidden="true">⚠ </span>
      {warning}
    </span>
  );
}

// Instants, as the clock of whoever looks shows them.

/** Times as the viewer's clock shows them; with the weekday where it is not today's. */
export function tellTime(times: Iterable<HTMLTimeElement>, language: string): void {
  for (const time of times) {
    const instant = new Date(time.dateTime);
    if (Number.isNaN(instant.getTime())) continue;
    const today = instant.toDateString() === new Date().toDateString();
    time.textContent = new Intl.DateTimeFormat(language || "en-GB", {
      ...(today ? {} : { weekday: "short" }),
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZoneName: "short",
    }).format(instant);
  }
}

extension ReportPage {
    /// Light, dark, and on paper.
    static let style = """
        :root { color-scheme: light dark; --back: #ffffff; --text: #1c2430; --soft: #5b6675;
          --grid: #dde2e8; --one: #2563c9; --two: #c2570c; }
        @media (prefers-color-scheme: dark) {
          :root { --back: #14181f; --text: #e6eaf0; --soft: #a3adba; --grid: #333c48;
            --one: #7fb0ff; --two: #f2a15f; }
        }
        @media print {
          :root { --back: #ffffff; --text: #000000; --soft: #333333; --grid: #cccccc;
            --one: #1a4b9c; --two: #a8480a; }
          section { break-inside: avoid; }
        }
        body { margin: 2rem auto; max-width: 46rem; padding: 0 1rem; background: var(--back);
          color: var(--text); font: 16px/1.5 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.6rem; margin: 0 0 0.5rem; }
        h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
        figure { margin: 0; }
        figcaption { color: var(--soft); font-size: 0.94rem; }
        .chart { overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 36rem; height: auto; }
        svg text { fill: var(--soft); font-size: 12px; }
        svg text.title { fill: var(--text); font-size: 13px; }
        svg text.value { fill: var(--text); }
        .grid { stroke: var(--grid); stroke-width: 1; }
        .point { fill-opacity: 0.45; }
        .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .point.one, .bar.one, .key.one { fill: var(--one); }
        .point.two, .bar.two, .key.two { fill: var(--two); }
        .line.one { stroke: var(--one); }
        .line.two { stroke: var(--two); }
        table { border-collapse: collapse; font-size: 0.9rem; }
        th, td { border-bottom: 1px solid var(--grid); padding: 0.3rem 0.6rem; text-align: left;
          vertical-align: top; }
        code { overflow-wrap: anywhere; }
        """
}

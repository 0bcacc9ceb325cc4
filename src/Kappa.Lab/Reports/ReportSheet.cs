namespace Kappa.Lab.Reports;

/// <summary>The style sheet of a report: system fonts, no resources, contrast of at least 4.5 to 1 in both schemes.</summary>
internal static class ReportSheet
{
    internal const string Css = """
        :root { --ink: #1d2126; --muted: #59616b; --page: #ffffff; --soft: #f3f5f7; --rule: #d5dae0; --link: #0b5cad;
          --positive: #0b6b3a; --positive-soft: #dff3e7; --negative: #9f1d1d; --negative-soft: #fbe4e2; --undecided: #7a4d00;
          --undecided-soft: #fcefd4; --neutral: #44505c; --neutral-soft: #e6eaee; }
        @media screen and (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --muted: #a4adb8; --page: #15181c; --soft: #1f242a;
          --rule: #3a424c; --link: #7db8f5;
          --positive: #8fe0b0; --positive-soft: #12382a; --negative: #ffaaa2; --negative-soft: #4a1c1a; --undecided: #f5cf87;
          --undecided-soft: #45320f; --neutral: #c5ced8; --neutral-soft: #2c333b; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
        main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 1rem; text-wrap: balance; }
        h2 { font-size: 1.3rem; margin: 2.5rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--rule); }
        h3 { font-size: 1.08rem; margin: 1.8rem 0 .4rem; }
        p, ul, dl { margin: .6rem 0; max-width: 46rem; overflow-wrap: break-word; }
        sub, sup { font-size: .72em; line-height: 0; }
        a { color: var(--link); }
        .lead { background: var(--soft); border-left: 4px solid var(--link); padding: .5rem 1rem; font-size: 1.06rem; }
        nav { font-size: .92rem; } nav ol { padding-left: 1.3rem; columns: 2; column-gap: 2rem; }
        .badge { display: inline-block; padding: 0 .5em; border-radius: .3em; border: 1px solid currentColor; font-size: .85em;
          font-weight: 600; white-space: nowrap; }
        .positive { color: var(--positive); background: var(--positive-soft); }
        .negative { color: var(--negative); background: var(--negative-soft); }
        .undecided { color: var(--undecided); background: var(--undecided-soft); }
        .neutral { color: var(--neutral); background: var(--neutral-soft); }
        .caption { color: var(--muted); font-size: .9rem; margin: 1rem 0 .35rem; max-width: none; }
        .frame { overflow-x: auto; margin: 0 0 1rem;
          background: linear-gradient(to right, var(--page) 40%, transparent) 0 0 / 3rem 100% no-repeat local,
          linear-gradient(to left, var(--page) 40%, transparent) 100% 0 / 3rem 100% no-repeat local,
          linear-gradient(to right, var(--rule), transparent) 0 0 / 1rem 100% no-repeat scroll,
          linear-gradient(to left, var(--rule), transparent) 100% 0 / 1rem 100% no-repeat scroll; }
        table { border-collapse: collapse; font-size: .9rem; min-width: 50%; }
        th, td { padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
        td.long { min-width: 11rem; } td.word { white-space: nowrap; }
        thead th { border-bottom: 2px solid var(--muted); vertical-align: bottom; }
        .n { white-space: nowrap; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        pre { background: var(--soft); border: 1px solid var(--rule); border-radius: .3rem; padding: .7rem .9rem; overflow-x: auto;
          font-size: .86rem; }
        code { font-family: ui-monospace, Consolas, "DejaVu Sans Mono", monospace; }
        figure { margin: 1.4rem 0; }
        .paper { background: #ffffff; border: 1px solid var(--rule); border-radius: .3rem; padding: .5rem; overflow-x: auto; }
        .paper svg { display: block; width: 100%; max-width: 52rem; height: auto; margin: 0 auto; }
        .slim { display: none; } .slim svg { min-width: 25rem; max-width: 36rem; }
        @media screen and (max-width: 799px) { .wide { display: none; } .slim { display: block; } }
        figcaption { color: var(--muted); font-size: .9rem; margin-top: .45rem; } .note { font-style: italic; }
        dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0 0 0 1.2rem; }
        details { margin: .8rem 0; border: 1px solid var(--rule); border-radius: .3rem; padding: .4rem .8rem; }
        summary { cursor: pointer; font-weight: 600; }
        footer { margin-top: 3rem; padding-top: .7rem; border-top: 1px solid var(--rule); color: var(--muted); font-size: .85rem;
          overflow-wrap: anywhere; }
        @media print { body { font-size: 10pt; } main { max-width: none; padding: 0; } h2, h3 { break-after: avoid; }
        figure, tr, pre { break-inside: avoid; } .paper { border: 0; padding: 0; }
          .frame, .paper, pre { overflow: visible; } table { font-size: 8pt; width: 100%; } table.broad { font-size: 6.5pt; }
        th, td { padding-right: .7em; } td.long { min-width: 0; }
          .number, td.word { white-space: normal; } th { hyphens: auto; } pre { white-space: pre-wrap; } nav { display: none; }
        details:not([open])::details-content { content-visibility: visible; } a { color: inherit; } }

        """;
}

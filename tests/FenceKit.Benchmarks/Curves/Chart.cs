// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Security;
using System.Text;

namespace FenceKit.Benchmarks.Curves;

/// <summary>A line of a <see cref="Chart"/>: positive values only, both axes are logarithmic.</summary>
internal sealed record ChartLine(string Label, bool IsOurs, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A chart with two logarithmic axes as SVG that needs nothing else: no script, no font, no style sheet.</summary>
internal sealed class Chart(string title, string xAxis, string yAxis, string footer, IReadOnlyList<ChartLine> lines)
{
    private const double Width = 720;
    private const double Height = 420;
    private const double Left = 84;
    private const double Right = 36;
    private const double Top = 102; // two lines of legend
    private const double Bottom = 74;
    private const double LegendTop = 46;
    private static readonly string[] s_ours = ["#0b62c4", "#4da3ff"];
    private static readonly string[] s_theirs = ["#b3541e", "#e0a070"];

    /// <summary>What stands behind a value.</summary>
    internal string Unit { get; init; } = "ns";

    /// <exception cref="InvalidOperationException">There is nothing to draw.</exception>
    internal string ToSvg()
    {
        if (!lines.Any(line => line.Points.Count > 0))
        {
            throw new InvalidOperationException("A chart needs a point.");
        }

        double[] xs = [.. lines.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order()];
        double[] ys = [.. lines.SelectMany(line => line.Points).Select(point => point.Y)];
        double bottom = Math.Pow(10, Math.Floor(Math.Log10(ys.Min())));
        double top = Math.Pow(10, Math.Ceiling(Math.Log10(ys.Max() * 1.0001)));

        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        Text(svg, Left, 26, title, "start", size: 16, weight: "bold");
        for (double y = bottom; y <= top * 1.0001; y *= 10)
        {
            double at = Down(y, bottom, top);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" y1=\"{at:0.#}\" x2=\"{Width - Right}\" y2=\"{at:0.#}\" stroke=\"#dddddd\"/>\n");
            Text(svg, Left - 8, at + 4, Label(y), "end");
        }

        foreach (double x in xs)
        {
            double at = Across(x, xs);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{at:0.#}\" y1=\"{Height - Bottom}\" x2=\"{at:0.#}\" y2=\"{Height - Bottom + 5}\" stroke=\"#888888\"/>\n");
            Text(svg, at, Height - Bottom + 20, Label(x), "middle");
        }

        Text(svg, (Left + Width - Right) / 2, Height - Bottom + 40, xAxis, "middle");
        Text(svg, Left, Top - 12, yAxis, "end");
        Text(svg, Left, Height - 10, footer, "start", size: 10);
        Lines(svg, xs, bottom, top);
        return svg.Append("</svg>\n").ToString();
    }

    private void Lines(StringBuilder svg, double[] xs, double bottom, double top)
    {
        int ours = 0;
        int theirs = 0;
        double legend = Left;
        double row = LegendTop;
        foreach (ChartLine line in lines)
        {
            string color = line.IsOurs ? s_ours[ours++ % s_ours.Length] : s_theirs[theirs++ % s_theirs.Length];
            string dash = line.IsOurs ? "" : " stroke-dasharray=\"6 4\""; // to be told apart without colors
            IEnumerable<string> points = line.Points.Select(point => string.Create(
                CultureInfo.InvariantCulture, $"{Across(point.X, xs):0.#},{Down(point.Y, bottom, top):0.#}"));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{string.Join(' ', points)}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2.5\"{dash}/>\n");
            foreach ((double x, double y) in line.Points)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{Across(x, xs):0.#}\" cy=\"{Down(y, bottom, top):0.#}\" r=\"4\" fill=\"{color}\"><title>{Escape(line.Label)}: {Label(x)} → {y:0.0} {Unit}</title></circle>\n");
            }

            double width = 52 + (line.Label.Length * 6.2);
            if (legend > Left && legend + width > Width)
            {
                legend = Left;
                row += 18;
            }

            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{legend}\" y1=\"{row}\" x2=\"{legend + 24}\" y2=\"{row}\" stroke=\"{color}\" stroke-width=\"2.5\"{dash}/>\n");
            Text(svg, legend + 30, row + 4, line.Label, "start", size: 12);
            legend += width;
        }
    }

    private static double Across(double x, double[] xs)
    {
        double span = Math.Log10(xs[^1]) - Math.Log10(xs[0]);
        double share = span == 0 ? 0.5 : (Math.Log10(x) - Math.Log10(xs[0])) / span;
        return Left + (share * (Width - Left - Right));
    }

    private static double Down(double y, double bottom, double top)
    {
        double share = (Math.Log10(y) - Math.Log10(bottom)) / (Math.Log10(top) - Math.Log10(bottom));
        return Height - Bottom - (share * (Height - Top - Bottom));
    }

    private static string Label(double value) => value.ToString("#,0.####", CultureInfo.InvariantCulture);

    private static string Escape(string text) => SecurityElement.Escape(text)!;

    private static void Text(StringBuilder svg, double x, double y, string text, string anchor, int size = 13, string weight = "normal") =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\" font-size=\"{size}\" font-weight=\"{weight}\" fill=\"#222222\">{Escape(text)}</text>\n");
}

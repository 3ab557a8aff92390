// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using FenceKit.Benchmarks.Ratios;

namespace FenceKit.Benchmarks.Curves;

/// <summary><c>curves [--into DIRECTORY] [--only NAME]</c>: one SVG for each curve.</summary>
internal static class CurveCommand
{
    private const int Rounds = 9;
    private const string ValidatorSwitch = "FENCEKIT_LOCKDEP";

    internal static int Run(string directory, string only)
    {
        if (!Directory.Exists(directory))
        {
            throw new OptionException($"There is no directory '{directory}'.");
        }

        Curve[] curves = [.. CurveCatalog.All().Where(curve => curve.Name.StartsWith(only, StringComparison.Ordinal))];
        if (curves.Length == 0)
        {
            throw new OptionException($"No curve is called '{only}'.");
        }

        bool isChild = Environment.GetEnvironmentVariable(ValidatorSwitch) == "1";
        foreach (Curve curve in curves)
        {
            if (curve.ValidatorOn != isChild)
            {
                RunApart(curve, directory);
                continue;
            }

            Chart chart = new(curve.Title, curve.Axis, "nanoseconds", Machine.Describe(), Measure(curve));
            string file = Path.Combine(directory, curve.Name + ".svg");
            File.WriteAllText(file, chart.ToSvg());
            Console.WriteLine(file);
        }

        return 0;
    }

    private static ChartLine[] Measure(Curve curve)
    {
        List<(double X, double Y)>[] lines = [.. curve.Series.Select(_ => new List<(double X, double Y)>())];
        foreach (int point in curve.Points)
        {
            Action<int>?[] work = [.. curve.Series.Select(series => point <= series.Maximum ? series.At(point) : null)];
            int[] counts = [.. work.Select(one => one is null ? 0 : RatioRunner.Calibrate(one))];
            double[][] times = [.. work.Select(_ => new double[Rounds])];
            for (int round = 0; round < Rounds; round++)
            {
                for (int index = 0; index < work.Length; index++)
                {
                    times[index][round] = work[index] is { } one ? RatioRunner.Time(one, counts[index]) : double.NaN;
                }
            }

            string text = string.Create(CultureInfo.InvariantCulture, $"{curve.Name} {point}:");
            for (int index = 0; index < work.Length; index++)
            {
                if (work[index] is not null)
                {
                    Array.Sort(times[index]);
                    double median = times[index][Rounds / 2];
                    lines[index].Add((point, median));
                    text += string.Create(CultureInfo.InvariantCulture, $"  {curve.Series[index].Label} {median:F1} ns");
                }
            }

            Console.WriteLine(text);
        }

        return [.. curve.Series.Select((series, index) => new ChartLine(series.Label, series.IsOurs, [.. lines[index]]))];
    }

    private static void RunApart(Curve curve, string directory)
    {
        ProcessStartInfo start = CommandLine.StartAgain("curves", "--only", curve.Name, "--into", directory);
        start.Environment[ValidatorSwitch] = curve.ValidatorOn ? "1" : "0";
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"The curve '{curve.Name}' could not be measured: exit code {process.ExitCode}.");
        }
    }
}

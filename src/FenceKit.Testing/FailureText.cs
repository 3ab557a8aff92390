// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Text;
using FenceKit.Lockdep;

namespace FenceKit.Testing;

/// <summary>Turns findings into a failure: the message, and the files beside it.</summary>
internal static class FailureText
{
    internal static UnexpectedViolationException Of(
        LockdepTestRun run, IReadOnlyList<LockdepTestRun.Finding> findings, IReadOnlyList<string> missing, int number)
    {
        StringBuilder text = new();
        if (findings.Count > 0)
        {
            text.AppendLine($"The lock validator found {(findings.Count == 1 ? "a violation" : $"{findings.Count} violations")} that no test said it expects.");
        }

        foreach (LockdepTestRun.Finding finding in findings)
        {
            text.AppendLine();
            text.AppendLine(finding.Running.Length switch
            {
                0 => "Found while no test was known to run:",
                1 => $"Found while one test ran: {finding.Running[0]}",
                _ => $"Found while these tests ran, by one of them: {string.Join(", ", finding.Running)}",
            });
            text.AppendLine(finding.Violation.ToString());
        }

        foreach (string expected in missing)
        {
            text.AppendLine($"The lock validator did not find what a test expects: {expected}.");
        }

        LockViolation[] violations = [.. findings.Select(static finding => finding.Violation)];
        string[] attachments = violations.Length == 0 ? [] : Write(run, violations, number, text);
        return new UnexpectedViolationException(text.ToString(), violations, attachments);
    }

    /// <summary>A directory that cannot be written to must not hide the finding.</summary>
    private static string[] Write(LockdepTestRun run, LockViolation[] violations, int number, StringBuilder text)
    {
        string name = $"{Assembly.GetEntryAssembly()?.GetName().Name ?? "tests"}-{Environment.ProcessId}-lockdep-{number}";
        try
        {
            LockReport report = LockReport.Create(run.Validator, violations);
            string start = Path.Combine(Directory.CreateDirectory(run.AttachmentDirectory).FullName, name);
            string[] files = [$"{start}.txt", $"{start}.html", $"{start}.sarif"];
            File.WriteAllText(files[0], report.ToText());
            File.WriteAllText(files[1], report.ToHtml());
            File.WriteAllText(files[2], report.ToSarif());
            text.AppendLine("The same as files:");
            Array.ForEach(files, file => text.AppendLine($"  {file}"));
            return files;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            text.AppendLine($"The report could not be written to files: {exception.Message}");
            return [];
        }
    }
}

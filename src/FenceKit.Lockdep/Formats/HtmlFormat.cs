// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Formats;

/// <summary>Puts the data into the page. The page is a resource of the assembly and loads nothing.</summary>
internal static class HtmlFormat
{
    private const string Resource = "FenceKit.Lockdep.Formats.LockReportPage.html";
    private const string Mark = "/*DATA*/null";

    public static string Write(LockReport report)
    {
        using Stream stream = typeof(HtmlFormat).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        using var reader = new StreamReader(stream);

        // The JSON writer escapes <, > and &, so that no name can end the script.
        return reader.ReadToEnd().Replace(Mark, report.ToJson(), StringComparison.Ordinal);
    }
}

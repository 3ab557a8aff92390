// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit.Lockdep.Formats;

/// <summary>
/// Puts the data, the style and the script into the page. All are resources of the assembly; the page loads nothing else.
/// </summary>
internal static class HtmlFormat
{
    public static string Write(LockReport report)
    {
        var page = new StringBuilder(Read("LockReportPage.html"));
        page.Replace("/*STYLE*/", Read("LockReportPage.css"));
        page.Replace("/*SCRIPT*/", Read("LockReportModel.js") + Read("LockReportGraph.js") + Read("LockReportPanel.js"));

        // The data comes last, so that no name can be taken for a placeholder. The JSON writer escapes <, > and &, so no name can end the
        // script.
        return page.Replace("/*DATA*/null", JsonFormat.WriteForPage(report)).ToString();
    }

    private static string Read(string resource)
    {
        string name = $"{typeof(HtmlFormat).Namespace}.{resource}";
        using Stream stream = typeof(HtmlFormat).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

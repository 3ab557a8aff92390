// SPDX-License-Identifier: MIT

using System.Diagnostics;

namespace FenceKit.WebShop.Tests;

/// <summary>A test that needs a browser; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute() => Skip = Chromium.Program is null ? "No chromium, chromium-browser or google-chrome in the PATH." : null;
}

/// <summary>A headless browser that opens one page.</summary>
internal static class Chromium
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    internal static string? Program { get; } =
        (from name in (string[])["chromium", "chromium-browser", "google-chrome"]
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
         let file = Path.Combine(folder, name)
         where File.Exists(file)
         select file).FirstOrDefault();

    /// <summary>The page as it is when its scripts have run.</summary>
    internal static async Task<string> OpenAsync(string url)
    {
        string profile = Directory.CreateTempSubdirectory("fencekit-chromium-").FullName;
        try
        {
            var start = new ProcessStartInfo(Program!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            Array.ForEach(
                ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--user-data-dir={profile}", "--virtual-time-budget=5000", "--dump-dom", url],
                start.ArgumentList.Add);
            using Process browser = Process.Start(start)!;
            Task<string> page = browser.StandardOutput.ReadToEndAsync();
            Task<string> complaints = browser.StandardError.ReadToEndAsync();
            using CancellationTokenSource limit = new(s_limit);
            try
            {
                await browser.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                browser.Kill(entireProcessTree: true);
                throw new TimeoutException($"The browser did not open {url} within {s_limit}.");
            }

            await complaints;
            return await page;
        }
        finally
        {
            Directory.Delete(profile, recursive: true);
        }
    }
}

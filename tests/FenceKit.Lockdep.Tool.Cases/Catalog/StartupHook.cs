// SPDX-License-Identifier: MIT
using System.Diagnostics;

/// <summary>What a user's own startup hook may do. This one ends the process in which VSTest runs tests before any of them, where a test asks for that.</summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("CATALOG_ENDS_TESTHOST") is not null && Environment.GetCommandLineArgs()[0].EndsWith("testhost.dll", StringComparison.Ordinal))
        {
            Process.GetCurrentProcess().Kill();
        }
    }
}

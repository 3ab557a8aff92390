// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Support;

/// <summary>
/// A test on a real server. Skipped with a reason where there is none, unless FENCEKIT_REQUIRE names it: then it runs and fails, which is what the variable is for.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class ServerFactAttribute : FactAttribute
{
    protected ServerFactAttribute(string name, string program, bool isInstalled)
    {
        bool isRequired = (Environment.GetEnvironmentVariable("FENCEKIT_REQUIRE") ?? "").Contains(name, StringComparison.Ordinal);
        if (!isRequired && !isInstalled)
        {
            Skip = $"{program} is not installed (on Debian: apt-get install {program})";
        }
    }
}

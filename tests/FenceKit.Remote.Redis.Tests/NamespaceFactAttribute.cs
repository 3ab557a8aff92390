// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>A test on a real server, in a network of its own. Skipped with a reason where the system does not let a test make one.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NamespaceFactAttribute : RedisFactAttribute
{
    private static readonly Lazy<string?> s_refusal = new(Try);

    public NamespaceFactAttribute()
    {
        if (Skip is null && s_refusal.Value is { } refusal)
        {
            Skip = $"no network namespaces here: {refusal}";
        }
    }

    /// <summary>What the test will do: a namespace without any right, a cable, and its other end in another one.</summary>
    private static string? Try()
    {
        const string Script = "ip link add fencekit0 type veth peer name fencekit1 && ip link set lo up && unshare --net true && command -v nsenter";
        try
        {
            ProcessStartInfo start = new("unshare", ["--user", "--map-root-user", "--net", "--", "sh", "-c", Script])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process process = Process.Start(start)!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : errors.Trim();
        }
        catch (Win32Exception missing)
        {
            return missing.Message;
        }
    }
}

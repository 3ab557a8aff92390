// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>The last resort of a finding that nobody else hears of. Never throws: it is reached from code that takes a lock.</summary>
internal static class StandardError
{
#pragma warning disable CA1031 // Nobody is left to be told.
    internal static void Write(string text)
    {
        try
        {
#pragma warning disable RS0030 // A library does not write to the console, unless a finding would be lost otherwise.
            Console.Error.WriteLine(text);
#pragma warning restore RS0030
        }
        catch (Exception)
        {
            // Closed, or redirected to something that fails: what was found is in LockValidator.Violations.
        }
    }

    /// <summary>What an exception says of itself is a user's code, and may throw.</summary>
    internal static string TextOf(Exception exception)
    {
        try
        {
            return exception.ToString();
        }
        catch (Exception)
        {
            return exception.GetType().ToString();
        }
    }
#pragma warning restore CA1031
}

// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Reclaim.Cli;

internal static class ExitCode
{
    public const int Good = 0;

    /// <summary>Something hung, failed, or showed the wrong data.</summary>
    public const int Bad = 1;

    /// <summary>The command line could not be understood.</summary>
    public const int Usage = 2;

    /// <summary>A real part was demanded and is missing.</summary>
    public const int Missing = 3;
}

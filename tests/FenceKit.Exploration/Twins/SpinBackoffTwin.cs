using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>Stands in for the shipped type of this name, which yields the processor: here a turn gives way to the other threads of a scenario.</summary>
internal struct SpinBackoff
{
    private SpinWait _spin;

    internal void Once([CallerMemberName] string member = "") => _spin.SpinOnce(-1, member);
}

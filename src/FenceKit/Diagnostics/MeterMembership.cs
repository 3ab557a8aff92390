// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>Keeps a source in the registry until it is disposed, or dies with whoever holds this.</summary>
internal sealed class MeterMembership(IMeteredSource source) : IDisposable
{
    private readonly MeterRegistry.Entry _entry = MeterRegistry.Enter(source);

    ~MeterMembership() => MeterRegistry.Leave(_entry, source);

    public void Dispose()
    {
        MeterRegistry.Leave(_entry, source);
        GC.SuppressFinalize(this);
    }
}

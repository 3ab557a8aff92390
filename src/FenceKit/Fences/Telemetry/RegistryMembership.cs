// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>Keeps a source in the registry until this object is disposed, or finalized together with its owner.</summary>
internal sealed class RegistryMembership(IMeteredSource source) : IDisposable
{
    private readonly FenceRegistry.Entry _entry = FenceRegistry.Enter(source);

    ~RegistryMembership() => FenceRegistry.Leave(_entry, source);

    public void Dispose()
    {
        FenceRegistry.Leave(_entry, source);
        GC.SuppressFinalize(this);
    }
}

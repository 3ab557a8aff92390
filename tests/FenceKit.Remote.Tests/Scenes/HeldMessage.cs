// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>A message on its way.</summary>
internal sealed record HeldMessage(string Channel, byte[] Bytes)
{
    internal RemoteMessageKind Kind => (RemoteMessageKind)Bytes[3];
}

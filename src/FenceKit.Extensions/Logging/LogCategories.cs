// SPDX-License-Identifier: MIT
namespace FenceKit.Extensions;

/// <summary>The categories under which FenceKit logs: the types that the messages are about.</summary>
internal static class LogCategories
{
    internal const string Timeline = "FenceKit.FenceTimeline";
    internal const string Notifier = "FenceKit.InvalidationNotifier";
    internal const string Gate = "FenceKit.ReaderGate";
    internal const string DeviceQueue = "FenceKit.DeviceQueue";
    internal const string Validator = "FenceKit.Lockdep.LockValidator";
    internal const string Extensions = "FenceKit.Extensions";
}

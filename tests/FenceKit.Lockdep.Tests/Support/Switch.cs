// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Tests.Support;

internal static class Switch
{
    [ModuleInitializer]
    internal static void TurnOn() => AppContext.SetSwitch(LockValidator.OptionName, true);
}

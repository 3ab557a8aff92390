namespace FenceKit.Lockdep;
internal static class Placeholder;

namespace WhatsApp.Load;

/// <summary>Of measured times.</summary>
internal static class Percentiles
{
    public static double At(this List<double> values, double part)
    {
        if (values.Count == 0)
            return 0;
        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(values.Count * part))];
    }
}

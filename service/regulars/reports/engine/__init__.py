"""What every report needs: query, envelope, facts, cache."""
